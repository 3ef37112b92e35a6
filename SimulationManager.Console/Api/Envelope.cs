namespace SimulationManager.Console.Api;

/// <summary>What every answer of the API is wrapped in.</summary>
public sealed record Envelope<T>(int StatusCode, T? Data, string Message);

/// <summary>What every error of the API is wrapped in.</summary>
public sealed record ErrorEnvelope(int StatusCode, string? Message, IReadOnlyList<FieldError>? Errors, string? TraceId);

/// <summary>Why one field of a request is not valid.</summary>
public sealed record FieldError(string Field, string Message);

/// <summary>A page's place in its list.</summary>
public sealed record Pagination(int CurrentPage, int PageSize, long TotalItems, int TotalPages, bool HasNext, bool HasPrevious);
