namespace SimulationManager.Api.Contract;

/// <summary>A request that cannot be carried out: the status and localised message that the client gets.</summary>
public sealed class RefusalException(int statusCode, string messageKey, params object[] arguments)
    : Exception($"{statusCode} {messageKey}")
{
    public int StatusCode { get; } = statusCode;

    /// <summary>A key of <see cref="Messages"/>.</summary>
    public string MessageKey { get; } = messageKey;

    /// <summary>What the message's placeholders stand for.</summary>
    public object[] Arguments { get; } = arguments;

    public IReadOnlyList<FieldProblem> Problems { get; init; } = [];

    /// <summary>When the client may try again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The same refusal with what is wrong with each field.</summary>
    public RefusalException With(IReadOnlyList<FieldProblem> problems) =>
        new(StatusCode, MessageKey, Arguments) { Problems = problems, RetryAfter = RetryAfter };
}

/// <summary>A field of the request that is not valid; the message is a key of <see cref="Messages"/>.</summary>
public sealed record FieldProblem(string Field, string MessageKey, params object[] Arguments);

/// <summary>Makes refusals: <c>throw Refuse.NotFound(…)</c>.</summary>
public static class Refuse
{
    private static readonly TimeSpan ServiceRetry = TimeSpan.FromSeconds(5);

    public static RefusalException Invalid(IReadOnlyList<FieldProblem> problems) =>
        new(StatusCodes.Status400BadRequest, Messages.RequestNotValid) { Problems = problems };

    public static RefusalException Invalid(string field, string messageKey, params object[] arguments) =>
        Invalid([new FieldProblem(field, messageKey, arguments)]);

    public static RefusalException BadRequest(string messageKey, params object[] arguments) =>
        new(StatusCodes.Status400BadRequest, messageKey, arguments);

    public static RefusalException Unauthorized(string messageKey) => new(StatusCodes.Status401Unauthorized, messageKey);

    public static RefusalException Forbidden(string messageKey) => new(StatusCodes.Status403Forbidden, messageKey);

    public static RefusalException NotFound(string messageKey, params object[] arguments) =>
        new(StatusCodes.Status404NotFound, messageKey, arguments);

    public static RefusalException Conflict(string messageKey, params object[] arguments) =>
        new(StatusCodes.Status409Conflict, messageKey, arguments);

    public static RefusalException TooLarge(string messageKey, params object[] arguments) =>
        new(StatusCodes.Status413PayloadTooLarge, messageKey, arguments);

    public static RefusalException TooManyAttempts(TimeSpan retryAfter) =>
        new(StatusCodes.Status429TooManyRequests, Messages.TooManyAttempts, Math.Max(1, (int)Math.Ceiling(retryAfter.TotalSeconds)))
        {
            RetryAfter = retryAfter,
        };

    public static RefusalException Unavailable(string messageKey, params object[] arguments) =>
        new(StatusCodes.Status503ServiceUnavailable, messageKey, arguments) { RetryAfter = ServiceRetry };
}
