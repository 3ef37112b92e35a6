using Microsoft.EntityFrameworkCore;
using Npgsql;
using NpgsqlTypes;
using SimulationManager.Core.Data;
using SimulationManager.Core.Model;

namespace SimulationManager.Worker.Executions;

/// <summary>Writes outcomes of thousands of instances with COPY, in the transaction that the context has open.</summary>
internal static class InstanceCopy
{
    private const string Command =
        """
        COPY execution_instances (execution_id, instance_id, part_number, status, repeats_completed, progress, messages_out, messages_dropped,
            lateness_p50, lateness_p99, lateness_p999, lateness_max, silo, error, endpoints, faults) FROM STDIN (FORMAT BINARY)
        """;

    public static async Task WriteAsync(RobotDbContext database, IReadOnlyList<ExecutionInstance> instances, CancellationToken cancellationToken)
    {
        var connection = (NpgsqlConnection)database.Database.GetDbConnection();
        await using var copy = await connection.BeginBinaryImportAsync(Command, cancellationToken);
        foreach (var instance in instances)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(instance.ExecutionId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.InstanceId, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.PartNumber, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.Status.ToString().ToUpperInvariant(), NpgsqlDbType.Varchar, cancellationToken);
            await copy.WriteAsync(instance.RepeatsCompleted, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(instance.Progress, NpgsqlDbType.Double, cancellationToken);
            await copy.WriteAsync(instance.MessagesOut, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.MessagesDropped, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.LatenessP50, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.LatenessP99, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.LatenessP999, NpgsqlDbType.Bigint, cancellationToken);
            await copy.WriteAsync(instance.LatenessMax, NpgsqlDbType.Bigint, cancellationToken);
            await WriteTextAsync(copy, instance.Silo, cancellationToken);
            await WriteTextAsync(copy, instance.Error, cancellationToken);
            await copy.WriteAsync(JsonColumn.Write(instance.Endpoints), NpgsqlDbType.Jsonb, cancellationToken);
            await copy.WriteAsync(JsonColumn.Write(instance.Faults), NpgsqlDbType.Jsonb, cancellationToken);
        }
        await copy.CompleteAsync(cancellationToken);
    }

    private static Task WriteTextAsync(NpgsqlBinaryImporter copy, string? text, CancellationToken cancellationToken) =>
        text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
}
