using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace SimulationManager.Core.Data;

/// <summary>Uses of the database: in a scope of their own, and in transactions that the retrying execution strategy may run again as a whole.</summary>
public static class DatabaseTransactions
{
    /// <summary>Uses a context of its own.</summary>
    public static async Task<T> UseAsync<T>(this IServiceScopeFactory scopes, Func<RobotDbContext, Task<T>> use)
    {
        await using var scope = scopes.CreateAsyncScope();
        return await use(scope.ServiceProvider.GetRequiredService<RobotDbContext>());
    }

    /// <summary>Works in a transaction on a context of its own.</summary>
    public static Task<T> InTransactionAsync<T>(this IServiceScopeFactory scopes, Func<RobotDbContext, Task<T>> work, CancellationToken cancellationToken) =>
        scopes.UseAsync(database => database.InTransactionAsync(_ => work(database), cancellationToken));

    /// <summary>Works in a transaction.</summary>
    public static Task<T> InTransactionAsync<T>(
        this RobotDbContext database, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken) =>
        database.Database.CreateExecutionStrategy().ExecuteAsync(
            async token =>
            {
                database.ChangeTracker.Clear();
                await using var transaction = await database.Database.BeginTransactionAsync(token);
                var result = await work(token);
                await transaction.CommitAsync(token);
                return result;
            },
            cancellationToken);
}
