using System.Text.Json.Serialization;

namespace SimulationManager.Console.Api;

/// <summary><c>/api/simulation</c>: plans.</summary>
public sealed class SimulationsApi(ApiConnection api)
{
    public Task<SimulationPage> ListAsync(SimulationQuery query, CancellationToken cancellationToken) =>
        api.GetAsync($"api/simulation{query.ToQuery()}", ConsoleJson.Default.EnvelopeSimulationPage, cancellationToken);

    public Task<SimulationDetail> GetAsync(long id, CancellationToken cancellationToken) =>
        api.GetAsync($"api/simulation/{id}", ConsoleJson.Default.EnvelopeSimulationDetail, cancellationToken);

    /// <summary>How the latest run stands.</summary>
    public Task<SimulationStatusView> StatusAsync(long id, CancellationToken cancellationToken) =>
        api.GetAsync($"api/simulation/{id}/status", ConsoleJson.Default.EnvelopeSimulationStatusView, cancellationToken);

    public Task<SimulationCreated> CreateAsync(SimulationCreateRequest request, CancellationToken cancellationToken) =>
        api.SendAsync(HttpMethod.Post, "api/simulation", request, ConsoleJson.Default.SimulationCreateRequest, ConsoleJson.Default.EnvelopeSimulationCreated, cancellationToken);

    public Task<SimulationStarted> StartAsync(long id, CancellationToken cancellationToken) =>
        api.PostAsync($"api/simulation/{id}/start", ConsoleJson.Default.EnvelopeSimulationStarted, cancellationToken);

    public Task<DeletionStarted> DeleteAsync(long id, CancellationToken cancellationToken) =>
        api.DeleteAsync($"api/simulation/{id}", ConsoleJson.Default.EnvelopeDeletionStarted, cancellationToken);
}

/// <summary>Which page of which simulations; null: all.</summary>
public sealed record SimulationQuery(int Page, int Size, string? PatternType = null, string? Status = null, string? From = null, string? Until = null)
{
    public string ToQuery()
    {
        (string Name, string? Value)[] parameters =
        [
            ("page", $"{Page}"), ("size", $"{Size}"), ("pattern_type", PatternType), ("status", Status), ("start_date", From), ("end_date", Until),
        ];
        return "?" + string.Join('&', parameters.Where(parameter => !string.IsNullOrEmpty(parameter.Value)).Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value!)}"));
    }
}

public sealed record SimulationPage(SimulationCounts Overview, IReadOnlyList<SimulationListItem> Simulations, Pagination Pagination);

public sealed record SimulationCounts(long Total, long Pending, long Running, long Completed, long Failed);

public sealed record SimulationListItem(
    long SimulationId, string SimulationName, string PatternType, string Status, string LatestExecutionStatus, string MecId, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

public sealed record SimulationDetail(
    long SimulationId, string SimulationName, string SimulationDescription, string PatternType, string MecId, DateTimeOffset CreatedAt, ExecutionPlan ExecutionPlan, LatestExecution LatestExecutionStatus);

/// <summary>How the latest run stands; <c>ExecutionId</c> 0 before the first.</summary>
public sealed record LatestExecution(long ExecutionId, string Status, ExecutionTimestamps Timestamps, OverallProgress Progress);

public sealed record OverallProgress([property: JsonPropertyName("overallProgress")] double Percent);

public sealed record SimulationCreated(long SimulationId, string SimulationName, string Status);

public sealed record SimulationStarted(long SimulationId, long ExecutionId, string Status);

public sealed record DeletionStarted(long SimulationId, string Status);

public sealed record SimulationStatusView(long SimulationId, string PatternType, CurrentStatus CurrentStatus);
