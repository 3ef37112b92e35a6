using System.Text.Json.Serialization;

namespace SimulationManager.Api.Contract;

/// <summary>A successful answer's envelope, whatever is in it.</summary>
internal interface IEnvelope;

/// <summary>What every successful <c>/api</c> answer is wrapped in.</summary>
/// <param name="StatusCode">The HTTP status.</param>
/// <param name="Status">Always <c>success</c>.</param>
/// <param name="Data">The answer itself.</param>
/// <param name="Message">One sentence for a person, English or Korean.</param>
public sealed record Envelope<T>(int StatusCode, string Status, T Data, string Message) : IEnvelope
{
    public const string Success = "success";
}

/// <summary>What every <c>/api</c> error is wrapped in.</summary>
public sealed record ErrorEnvelope
{
    /// <summary>The HTTP status.</summary>
    public required int StatusCode { get; init; }

    /// <summary>Always <c>error</c>.</summary>
    public string Status { get; init; } = "error";

    /// <summary>Always null.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public object? Data { get; init; }

    /// <summary>What went wrong and what to do about it, English or Korean.</summary>
    public required string Message { get; init; }

    /// <summary>Which fields of the request are not valid, and why.</summary>
    public IReadOnlyList<FieldError>? Errors { get; init; }

    /// <summary>Finds this request in traces and logs.</summary>
    public string? TraceId { get; init; }
}

/// <summary>Why one field of a request is not valid.</summary>
/// <param name="Field">The field as the request names it, for example <c>pattern.steps[0].templateId</c>.</param>
/// <param name="Message">What is wrong with it, English or Korean.</param>
public sealed record FieldError(string Field, string Message);
