using SimulationManager.Api.Contract;
using SimulationManager.Api.Simulations;

namespace SimulationManager.Api.Executions;

/// <summary><c>/api/simulation/{id}/execution</c>: the runs of a simulation.</summary>
internal static class ExecutionEndpoints
{
    public static void MapExecutionEndpoints(this RouteGroupBuilder api)
    {
        var executions = api.MapGroup("/simulation/{id:long}/execution").WithTags("Executions");
        executions.MapGet("", ListAsync).WithName("ListExecutions").WithSummary("A page of runs, the newest first")
            .WithQuery("page", "size").Refuses(400, 404);
        executions.MapGet("/{executionId:long}", GetAsync).WithName("GetExecution").WithSummary("One run with its plan").Refuses(404);
        executions.MapGet("/{executionId:long}/report", ReportAsync).WithName("GetExecutionReport").WithSummary("What came out of a run").Refuses(404);
        executions.MapGet("/{executionId:long}/instances", ListInstancesAsync).WithName("ListExecutionInstances").WithSummary("A page of a run's agents")
            .WithQuery("page", "size", "status").Refuses(400, 404);
        executions.MapPost("/{executionId:long}/stop", StopAsync).WithName("StopExecution").WithSummary("Stop a run").Refuses(404, 409, 503);
    }

    private static async Task<OkReply<ExecutionPage>> ListAsync(
        long id, HttpRequest request, ExecutionService executions, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var page = PageRequest.From(query);
        query.EnsureValid();
        return Replies.Ok(await executions.ListAsync(id, page, cancellationToken), Messages.ExecutionsListed);
    }

    private static async Task<OkReply<ExecutionDetail>> GetAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.GetAsync(id, executionId, cancellationToken), Messages.ExecutionRead);

    private static async Task<OkReply<ExecutionReport>> ReportAsync(
        long id, long executionId, ReportService reports, CancellationToken cancellationToken) =>
        Replies.Ok(await reports.GetAsync(id, executionId, cancellationToken), Messages.ReportRead);

    private static async Task<OkReply<InstancePage>> ListInstancesAsync(
        long id, long executionId, HttpRequest request, InstancePages instances, CancellationToken cancellationToken)
    {
        var query = new QueryReader(request.Query);
        var page = PageRequest.From(query);
        var status = query.Word(PatternWords.RunStatusByWord, "status");
        query.EnsureValid();
        return Replies.Ok(await instances.ListAsync(id, executionId, status, page, cancellationToken), Messages.InstancesListed);
    }

    private static async Task<OkReply<ExecutionStopped>> StopAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.StopAsync(id, executionId, cancellationToken), Messages.ExecutionStopped);
}
