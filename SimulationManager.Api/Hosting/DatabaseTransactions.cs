using Microsoft.EntityFrameworkCore;
using SimulationManager.Core.Data;

namespace SimulationManager.Api.Hosting;

/// <summary>Transactions that the retrying execution strategy may run again as a whole.</summary>
internal static class DatabaseTransactions
{
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
