using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Executions;

/// <summary>Where to go on.</summary>
public sealed record SeekRequest : IRequestBody
{
    [Required, Range(0.0, PlaybackOptions.MaxSeconds), Description("Seconds of the bag from its start (its first message), whatever `startOffset` says. A position before the part that is played is its start; one past it ends the pass.")]
    public double? Position { get; init; }
}

/// <summary>How fast to go on.</summary>
public sealed record RateRequest : IRequestBody
{
    [Required, Range(PlaybackOptions.MinRate, PlaybackOptions.MaxRate), Description("Speed factor; 1 is the recorded speed.")]
    public double? Rate { get; init; }
}

/// <summary>How much to let go at once.</summary>
public sealed record BurstRequest : IRequestBody
{
    [Range(1, int.MaxValue), Description("Messages of each agent; left out: the rest of the pass that it is playing.")]
    public int? Messages { get; init; }
}

/// <summary>A run that was given a playback command.</summary>
public sealed record PlaybackChanged(long SimulationId, long ExecutionId, string Status);

/// <summary>Playback of a run that goes on, as <c>ros2 bag play</c> has it.</summary>
internal static class PlaybackEndpoints
{
    public static void MapPlaybackEndpoints(this RouteGroupBuilder api)
    {
        var playback = api.MapGroup("/simulation/{id:long}/execution/{executionId:long}").WithTags("Playback");
        playback.MapPost("/pause", PauseAsync).WithName("PauseExecution").WithSummary("Hold all agents where they are").Refuses(404, 409, 503);
        playback.MapPost("/resume", ResumeAsync).WithName("ResumeExecution").WithSummary("Let held agents go on").Refuses(404, 409, 503);
        playback.MapPost("/seek", SeekAsync).WithName("SeekExecution").WithSummary("Move all agents to a position of the bag").Refuses(400, 404, 409, 503);
        playback.MapPost("/rate", SetRateAsync).WithName("SetExecutionRate").WithSummary("Change the speed of all agents").Refuses(400, 404, 409, 503);
        playback.MapPost("/play-next", PlayNextAsync).WithName("PlayNextOfExecution").WithSummary("Let each agent of a paused run put out its next message").Refuses(404, 409, 503);
        playback.MapPost("/burst", BurstAsync).WithName("BurstExecution").WithSummary("Let each agent of a paused run put out its next messages at once").Refuses(400, 404, 409, 503);
        playback.MapPost("/agents", ChangeAgentsAsync).WithName("ChangeExecutionAgents").WithSummary("Add agents to a step or group that plays, or remove some").Refuses(400, 404, 409, 503);
        playback.MapPut("/faults", InjectFaultsAsync).WithName("InjectExecutionFaults").WithSummary("Inject faults into a run that goes on, or take them away").Refuses(400, 404, 409, 503);
        playback.MapPost("/rebalance", RebalanceAsync).WithName("RebalanceExecution").WithSummary("Spread the agents over the workers anew").Refuses(404, 409, 503);
    }

    private static async Task<OkReply<PlaybackChanged>> PauseAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.CommandAsync(id, executionId, new RunCommand.Pause(), cancellationToken), Messages.PlaybackChanged);

    private static async Task<OkReply<PlaybackChanged>> ResumeAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.CommandAsync(id, executionId, new RunCommand.Resume(), cancellationToken), Messages.PlaybackChanged);

    private static async Task<OkReply<PlaybackChanged>> RebalanceAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.CommandAsync(id, executionId, new RunCommand.Rebalance(), cancellationToken), Messages.PlaybackChanged);

    private static async Task<OkReply<PlaybackChanged>> ChangeAgentsAsync(
        long id, long executionId, AgentsRequest body, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.ChangeAgentsAsync(id, executionId, body, cancellationToken), Messages.AgentsChanged);

    private static async Task<OkReply<PlaybackChanged>> InjectFaultsAsync(
        long id, long executionId, FaultsRequest body, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.InjectFaultsAsync(id, executionId, [body], cancellationToken), Messages.FaultsChanged);

    private static async Task<OkReply<PlaybackChanged>> PlayNextAsync(
        long id, long executionId, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(await executions.CommandAsync(id, executionId, new RunCommand.Release(1), cancellationToken), Messages.PlaybackChanged);

    private static async Task<OkReply<PlaybackChanged>> BurstAsync(
        long id, long executionId, BurstRequest body, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(
            // No pass has more messages than that.
            await executions.CommandAsync(id, executionId, new RunCommand.Release(body.Messages ?? int.MaxValue), cancellationToken), Messages.PlaybackChanged);

    private static async Task<OkReply<PlaybackChanged>> SeekAsync(
        long id, long executionId, SeekRequest body, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(
            await executions.CommandAsync(id, executionId, new RunCommand.Seek(TimeSpan.FromSeconds(body.Position!.Value)), cancellationToken),
            Messages.PlaybackChanged);

    private static async Task<OkReply<PlaybackChanged>> SetRateAsync(
        long id, long executionId, RateRequest body, ExecutionService executions, CancellationToken cancellationToken) =>
        Replies.Ok(
            await executions.CommandAsync(id, executionId, new RunCommand.SetRate(body.Rate!.Value), cancellationToken), Messages.PlaybackChanged);
}
