using System.Net;

namespace SimulationManager.Console.Api;

/// <summary>The API has refused a request, or could not be reached (<see cref="Status"/> null).</summary>
public sealed class ApiException(HttpStatusCode? status, string message, IReadOnlyList<FieldError>? errors = null, string? traceId = null, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>The answer's status; null when there was no answer.</summary>
    public HttpStatusCode? Status { get; } = status;

    /// <summary>Which fields are not valid, and why.</summary>
    public IReadOnlyList<FieldError> Errors { get; } = errors ?? [];

    /// <summary>Finds the request in traces and logs.</summary>
    public string? TraceId { get; } = traceId;
}
