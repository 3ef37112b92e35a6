using SimulationManager.Api.Contract;

namespace SimulationManager.Api.Auth;

/// <summary><c>/api/users</c>: the accounts, for admins.</summary>
internal static class UserEndpoints
{
    public static void MapUserEndpoints(this RouteGroupBuilder api)
    {
        var users = api.MapGroup("/users").WithTags("Users").RequireAuthorization(BearerSetup.AdminPolicy);
        users.MapGet("", ListAsync).WithName("ListUsers").WithSummary("All accounts (admin)");
        users.MapPatch("/{id:long}", ChangeAsync).WithName("ChangeUser").WithSummary("Change a role (admin)").Refuses(400, 404, 409);
        users.MapDelete("/{id:long}", DeleteAsync).WithName("DeleteUser").WithSummary("Delete an account and sign it out everywhere (admin)").Refuses(404, 409);
    }

    private static async Task<OkReply<IReadOnlyList<UserView>>> ListAsync(UserService users, CancellationToken cancellationToken) =>
        Replies.Ok(await users.ListAsync(cancellationToken), Messages.UsersListed);

    private static async Task<OkReply<UserView>> ChangeAsync(long id, UserChangeRequest body, UserService users, CancellationToken cancellationToken) =>
        Replies.Ok(await users.ChangeRoleAsync(id, UserClaims.RoleFromWire(body.Role!), cancellationToken), Messages.UserChanged);

    private static async Task<OkReply<UserDeleted>> DeleteAsync(long id, UserService users, CancellationToken cancellationToken) =>
        Replies.Ok(await users.DeleteAsync(id, cancellationToken), Messages.UserDeleted);
}
