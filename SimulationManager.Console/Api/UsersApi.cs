namespace SimulationManager.Console.Api;

/// <summary><c>/api/users</c>: accounts, for admins.</summary>
public sealed class UsersApi(ApiConnection api)
{
    public Task<IReadOnlyList<UserView>> ListAsync(CancellationToken cancellationToken) =>
        api.GetAsync("api/users", ConsoleJson.Default.EnvelopeIReadOnlyListUserView, cancellationToken);

    /// <param name="id">The account.</param>
    /// <param name="role"><c>admin</c> or <c>general</c>; takes effect with the user's next access token.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<UserView> ChangeRoleAsync(long id, string role, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Patch, $"api/users/{id}", new UserChangeRequest(role), ConsoleJson.Default.UserChangeRequest, ConsoleJson.Default.EnvelopeUserView, cancellationToken);

    public Task<UserDeleted> DeleteAsync(long id, CancellationToken cancellationToken) =>
        api.DeleteAsync($"api/users/{id}", ConsoleJson.Default.EnvelopeUserDeleted, cancellationToken);
}

public sealed record UserView(long UserId, string Email, string Role, DateTimeOffset CreatedAt);

public sealed record UserChangeRequest(string Role);

public sealed record UserDeleted(long UserId);
