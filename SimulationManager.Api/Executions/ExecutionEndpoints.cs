using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Which of a run's agents a list shows.</summary>
public sealed record AgentFilter
{
    [FromQuery(Name = "status"), AllowedValues("PENDING", "RUNNING", "COMPLETED", "FAILED", "STOPPED")]
    public string? Status { get; init; }
}

/// <summary>Which of a simulation's runs a list shows.</summary>
public sealed record RunFilter
{
    [FromQuery(Name = "status"), AllowedValues("PENDING", "RUNNING", "COMPLETED", "FAILED", "STOPPED")]
    public string? Status { get; init; }

    internal RunStatus? Wanted => Status is null ? null : PatternWords.RunStatusByWord[Status];
}

/// <summary><c>/api/simulation/{id}/execution</c>: the runs of a simulation.</summary>
internal static class ExecutionEndpoints
{
    public static void MapExecutionEndpoints(this RouteGroupBuilder api)
    {
        var executions = api.MapGroup("/simulation/{id:long}/execution").WithTags("Executions");
        executions.MapGet("", ListAsync).WithName("ListExecutions").WithSummary("A page of runs, the newest first").Refuses(400, 404);
        executions.MapGet("/{executionId:long}", GetAsync).WithName("GetExecution").WithSummary("One run with its plan").Refuses(404);
        executions.MapGet("/{executionId:long}/report", ReportAsync).WithName("GetExecutionReport").WithSummary("What came out of a run").Refuses(404);
        executions.MapGet("/{executionId:long}/instances", ListInstancesAsync).WithName("ListExecutionInstances").WithSummary("A page of a run's agents").Refuses(400, 404);
        executions.MapGet("/{executionId:long}/recordings", ListRecordingsAsync).WithName("ListRecordings").WithSummary("What a run has recorded of the system under test").Refuses(404);
        executions.MapGet("/{executionId:long}/recordings/{file}", DownloadRecordingAsync).WithName("DownloadRecording").WithSummary("One recording as an MCAP file")
            .WithDescription("Parts of it as well (`Range`), and only when it is another one (`If-None-Match`).")
            .Sends("application/octet-stream").Refuses(404);
        executions.MapPost("/{executionId:long}/stop", StopAsync).WithName("StopExecution").WithSummary("Stop a run").Refuses(404, 409, 503);
    }

    private static async Task<OkReply<ExecutionPage>> ListAsync(
        long id, [AsParameters] PageQuery page, [AsParameters] RunFilter filter, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.ListAsync(id, filter.Wanted, page.ToRequest(), cancellationToken), Messages.ExecutionsListed);

    private static async Task<OkReply<ExecutionDetail>> GetAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.GetAsync(id, executionId, cancellationToken), Messages.ExecutionRead);

    private static async Task<OkReply<ExecutionReport>> ReportAsync(
        long id, long executionId, ReportService reports, CancellationToken cancellationToken) =>
        Replies.Ok(await reports.GetAsync(id, executionId, cancellationToken), Messages.ReportRead);

    private static async Task<OkReply<InstancePage>> ListInstancesAsync(
        long id, long executionId, [AsParameters] PageQuery page, [AsParameters] AgentFilter filter, InstancePages instances,
        CancellationToken cancellationToken) =>
        Replies.Ok(await instances.ListAsync(id, executionId, filter, page.ToRequest(), cancellationToken), Messages.InstancesListed);

    private static async Task<OkReply<RecordingList>> ListRecordingsAsync(
        long id, long executionId, RecordingService recordings, CancellationToken cancellationToken) =>
        Replies.Ok(await recordings.ListAsync(id, executionId, cancellationToken), Messages.RecordingsListed);

    private static Task<IResult> DownloadRecordingAsync(
        long id, long executionId, string file, RecordingService recordings, CancellationToken cancellationToken) =>
        recordings.OpenAsync(id, executionId, file, cancellationToken);

    private static async Task<OkReply<ExecutionStopped>> StopAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.StopAsync(id, executionId, cancellationToken), Messages.ExecutionStopped);
}
