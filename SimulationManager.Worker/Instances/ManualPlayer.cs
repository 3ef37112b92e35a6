using System.Diagnostics;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Bundles;
using SimulationManager.Worker.Executions;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Instances;

/// <summary>One manual instance on this silo: plays from its claim until it is released, or until it can play no more.</summary>
internal sealed partial class ManualPlayer(
    ManualPlay play, ReplayEngine engine, BundleCache bundles, Func<RunStatus, string?, CancellationToken, Task> ended, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _release = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private ReplayCohort? _cohort;
    private volatile bool _isEnding;

    public long InstanceId => play.InstanceId;

    /// <summary>True once it plays no more, though its end may not be persisted yet.</summary>
    public bool IsEnding => _isEnding;

    /// <summary>Completes once its end is persisted, or it was released.</summary>
    public Task Ended => _running;

    /// <summary>Begins to play. The task completes once the agent plays, or once it is known that it cannot.</summary>
    public Task Start()
    {
        _running = RunAsync(_release.Token);
        return _ready.Task;
    }

    /// <summary>Where the agent is; null while its bundle is still fetched.</summary>
    public async Task<byte[]?> CheckpointAsync()
    {
        if (_cohort is not { } cohort) return null;
        var snapshot = await cohort.SnapshotAsync();
        return new CohortCheckpoint(snapshot.Agents, snapshot.Lateness).ToBytes();
    }

    /// <summary>Ends the agent and returns where it was.</summary>
    public async Task<byte[]?> FreezeAsync()
    {
        if (_cohort is { } cohort) await cohort.PauseAsync();
        var checkpoint = await CheckpointAsync();
        await DisposeAsync();
        return checkpoint;
    }

    /// <summary>Ends the agent and lets go of its bundle.</summary>
    public async ValueTask DisposeAsync()
    {
        await _release.CancelAsync();
        await _running;
    }

    private async Task RunAsync(CancellationToken released)
    {
        // Off the grain's turn: this goes on for as long as the agent plays.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        RequestContext.Clear();
        try
        {
            var (status, error) = await PlayAsync(released);
            Activity.Current = null;
            _isEnding = true;
            await ended(status, error, released);
        }
        catch (OperationCanceledException) when (released.IsCancellationRequested)
        {
            // Stopped, or handed over to another silo: whoever released it persists that.
        }
        finally
        {
            _ready.TrySetResult();
        }
    }

    private async Task<(RunStatus Status, string? Error)> PlayAsync(CancellationToken released)
    {
        try
        {
            using var lease = await bundles.OpenAsync(play.Plan.Files, released);
            var cohort = engine.CreateCohort(PlayOf(lease.Bundle));
            try
            {
                await cohort.BeginAsync(TimeSpan.MaxValue);
                _cohort = cohort;
                _ready.TrySetResult();
                await cohort.Ended.WaitAsync(released);
                var agent = await cohort.SnapshotAsync(play.InstanceId);
                return agent?.State == AgentState.Failed ? (RunStatus.Failed, agent?.Error) : (RunStatus.Completed, null);
            }
            finally
            {
                await engine.RemoveAsync(cohort);
            }
        }
        catch (BundleUnusableException exception)
        {
            return (RunStatus.Failed, exception.Message);
        }
        catch (Exception exception) when (!released.IsCancellationRequested)
        {
            // Whatever it is, an agent that does not play must not go on being called one that does.
            LogBroke(logger, exception, play.InstanceId);
            return (RunStatus.Failed, "It broke on an internal error; see the worker's log.");
        }
    }

    private CohortPlay PlayOf(OpenBundle bundle) => new()
    {
        Key = $"instance/{play.InstanceId}",
        Timeline = bundle.TimelineOf(PlayedTopics.Of(play.Plan)),
        InstanceIds = [play.InstanceId],
        RepeatCount = play.Plan.RepeatCount,
        Loop = true,
        From = play.Checkpoint is null
            ? null
            : CohortCheckpoint.FromBytes(play.Checkpoint).Agents.Where(agent => !agent.State.HasEnded()).ToDictionary(agent => agent.InstanceId),
    };

    [LoggerMessage(486, LogLevel.Error, "Manual instance {Instance} broke")]
    private static partial void LogBroke(ILogger logger, Exception exception, long instance);
}
