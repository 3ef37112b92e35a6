using System.Net.Sockets;
using System.Text.Json;
using Minio.Exceptions;
using Npgsql;
using SimulationManager.Core.Storage;
using StackExchange.Redis;

namespace SimulationManager.Api.Contract;

/// <summary>Decides what a client is told about an exception: never its text.</summary>
internal static class ExceptionRefusal
{
    public static RefusalException Of(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (Known(cause) is { } refusal) return refusal;
        }

        return new RefusalException(StatusCodes.Status500InternalServerError, Messages.Unexpected);
    }

    private static RefusalException? Known(Exception exception) => exception switch
    {
        RefusalException refusal => refusal,
        BadHttpRequestException bad => OfBadRequest(bad),
        PostgresException postgres => OfPostgres(postgres),
        NpgsqlException => Refuse.Unavailable(Messages.DatabaseUnavailable),
        RedisException => Refuse.Unavailable(Messages.RedisUnavailable),
        BundleNotFoundException gone => Refuse.NotFound(Messages.BundleGone, gone.Key),
        MinioException or HttpRequestException => Refuse.Unavailable(Messages.StorageUnavailable),
        OrleansException => Refuse.Unavailable(Messages.WorkerUnavailable),
        SocketException or TimeoutException => Refuse.Unavailable(Messages.ServiceUnavailable),
        _ => null,
    };

    private static RefusalException OfBadRequest(BadHttpRequestException exception)
    {
        if (exception.StatusCode != StatusCodes.Status400BadRequest)
            return new RefusalException(exception.StatusCode, FrameworkRefusal.KeyOf(exception.StatusCode));
        if (exception.InnerException is not JsonException json) return Refuse.BadRequest(Messages.BodyNotReadable);
        return FieldOf(json) is { } field ? Refuse.Invalid(field, Messages.FieldType) : Refuse.BadRequest(Messages.JsonNotValid);
    }

    /// <summary><c>$.pattern.steps[0].executionTime</c> as our field errors name it; null when the text is not JSON at all.</summary>
    private static string? FieldOf(JsonException exception) =>
        exception.Path is { Length: > 2 } path && path.StartsWith("$.", StringComparison.Ordinal) ? path[2..] : null;

    private static RefusalException OfPostgres(PostgresException exception) => exception.SqlState switch
    {
        PostgresErrorCodes.UniqueViolation => Refuse.Conflict(UniqueKeyMessage(exception.ConstraintName)),
        PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected => Refuse.Unavailable(Messages.Busy),
        PostgresErrorCodes.QueryCanceled => Refuse.Unavailable(Messages.DatabaseUnavailable),
        _ when exception.IsTransient || IsServerDown(exception.SqlState) => Refuse.Unavailable(Messages.DatabaseUnavailable),
        _ => new RefusalException(StatusCodes.Status500InternalServerError, Messages.Unexpected),
    };

    private static bool IsServerDown(string sqlState) =>
        sqlState.StartsWith("57P", StringComparison.Ordinal) || sqlState.StartsWith("08", StringComparison.Ordinal)
        || sqlState.StartsWith("53", StringComparison.Ordinal) || sqlState == PostgresErrorCodes.ReadOnlySqlTransaction;

    private static string UniqueKeyMessage(string? constraint) => constraint switch
    {
        "ix_users_email" => Messages.EmailTaken,
        "ix_templates_name" => Messages.TemplateNameTaken,
        "ix_simulations_name" => Messages.SimulationNameTaken,
        "ux_executions_one_active_per_simulation" => Messages.SimulationRunning,
        "ix_simulation_steps_simulation_id_step_order" => Messages.StepOrderTaken,
        _ => Messages.AlreadyExists,
    };
}
