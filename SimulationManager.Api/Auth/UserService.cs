using System.ComponentModel.DataAnnotations;
using Microsoft.EntityFrameworkCore;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Auth;

/// <summary>An account.</summary>
public sealed record UserView(long UserId, string Email, string Role, DateTimeOffset CreatedAt);

/// <summary>The account that was deleted.</summary>
public sealed record UserDeleted(long UserId);

/// <summary>A new role.</summary>
public sealed record UserChangeRequest : IRequestBody
{
    [Required, AllowedValues(UserClaims.Admin, UserClaims.General)]
    public string? Role { get; init; }
}

/// <summary>Manages accounts. There is always an admin left.</summary>
public sealed class UserService(RobotDbContext database, DeviceSessions sessions, TimeProvider time)
{
    /// <summary>Any number that no one else locks on this database.</summary>
    private const long LastAdminLock = 0x51B0_0B0B;

    public async Task<IReadOnlyList<UserView>> ListAsync(CancellationToken cancellationToken)
    {
        var users = await database.Users.AsNoTracking().Where(user => user.DeletedAt == null).OrderBy(user => user.Id).ToListAsync(cancellationToken);
        return [.. users.Select(ViewOf)];
    }

    /// <summary>Takes effect with the user's next access token.</summary>
    /// <exception cref="RefusalException">Not found (404), or the last admin (409).</exception>
    public Task<UserView> ChangeRoleAsync(long id, UserRole role, CancellationToken cancellationToken) => database.InTransactionAsync(
        async token =>
        {
            var user = await LockAsync(id, becomesAdmin: role == UserRole.Admin, token);
            user.Role = role;
            await database.SaveChangesAsync(token);
            return ViewOf(user);
        }, cancellationToken);

    /// <summary>Deletes an account; its devices are signed out, its last access token runs out by itself.</summary>
    /// <exception cref="RefusalException">Not found (404), or the last admin (409).</exception>
    public async Task<UserDeleted> DeleteAsync(long id, CancellationToken cancellationToken)
    {
        await database.InTransactionAsync(
            async token =>
            {
                var user = await LockAsync(id, becomesAdmin: false, token);
                user.DeletedAt = time.GetUtcNow();
                await database.SaveChangesAsync(token);
                return user;
            }, cancellationToken);
        await sessions.CloseAllAsync(id);
        return new UserDeleted(id);
    }

    private async Task<User> LockAsync(long id, bool becomesAdmin, CancellationToken cancellationToken)
    {
        // Two admins who remove each other at once: the second waits here, and then sees that it is the last.
        await database.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({LastAdminLock})", cancellationToken);
        var user = await database.Users.SingleOrDefaultAsync(row => row.Id == id && row.DeletedAt == null, cancellationToken)
            ?? throw Refuse.NotFound(Messages.UserNotFound, id);
        if (user.Role == UserRole.Admin && !becomesAdmin
            && !await database.Users.AnyAsync(row => row.Id != id && row.Role == UserRole.Admin && row.DeletedAt == null, cancellationToken))
            throw Refuse.Conflict(Messages.LastAdmin);
        return user;
    }

    private static UserView ViewOf(User user) => new(user.Id, user.Email, user.Role.ToWire(), user.CreatedAt);
}
