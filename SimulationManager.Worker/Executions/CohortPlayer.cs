using System.Diagnostics;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Bundles;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What a <see cref="CohortPlayer"/> needs of its silo.</summary>
public sealed record CohortServices(
    ReplayEngine Engine, BundleCache Bundles, CheckpointStore Checkpoints, OverloadWatch Overload, IGrainFactory Grains, ILocalSiloDetails Silo, TimeProvider Time,
    ILogger<CohortPlayer> Logger);

/// <summary>
/// One cohort on this silo: its agents in the engine, its reports to the coordinator and its checkpoints. It outlives the grain
/// through which it is commanded, so that nothing that happens to an activation stops the music.
/// </summary>
public sealed partial class CohortPlayer : IAsyncDisposable
{
    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);

    private readonly CohortServices _services;
    private readonly CancellationTokenSource _release = new();
    private readonly CancellationToken _released;
    private readonly BundleLease _lease;
    private readonly ReplayCohort _cohort;
    private readonly LatenessHistogram _carried;
    private readonly IReadOnlyDictionary<string, long> _carriedDrops;
    private readonly Action _onReleased;
    private readonly AgentLatenessView _lateness;
    private bool _begun;

    private CohortPlayer(
        CohortOrder order, CohortCheckpoint checkpoint, BundleLease lease, ReplayCohort cohort, CohortServices services, Action onReleased)
    {
        _released = _release.Token;
        _onReleased = onReleased;
        Order = order;
        _carried = checkpoint.Lateness;
        _carriedDrops = checkpoint.DroppedByTopic;
        _lease = lease;
        _cohort = cohort;
        _lateness = new AgentLatenessView(cohort);
        _services = services;
    }

    public CohortOrder Order { get; }

    /// <summary>Names its cohort in the engine.</summary>
    public string Key => _cohort.Key;

    /// <summary>Messages that one agent puts out in one pass.</summary>
    public int MessagesPerPass => _cohort.Window.Count;

    /// <summary>Fetches the bundle and registers the agents. From here on reports and checkpoints go out.</summary>
    /// <exception cref="BundleUnusableException">The bundle cannot be played.</exception>
    public static async Task<CohortPlayer> PrepareAsync(
        string key, CohortOrder order, CohortServices services, Action onReleased, CancellationToken cancellationToken)
    {
        var checkpoint = CohortCheckpoint.FromBytes(order.Checkpoint);
        var lease = await services.Bundles.OpenAsync(order.Part.Files, cancellationToken);
        try
        {
            var playback = order.Part.Playback ?? new PlaybackOptions();
            var cohort = services.Engine.CreateCohort(new CohortPlay
            {
                Key = key,
                Timeline = lease.Bundle.TimelineOf(PlayedTopics.Of(order.Part)).Renamed(playback.Remap),
                InstanceIds = [.. checkpoint.Agents.Select(agent => agent.InstanceId)],
                RepeatCount = order.Part.RepeatCount,
                Rate = order.Rate,
                StartOffset = TimeSpan.FromSeconds(playback.StartOffset),
                PlaybackDuration = playback.PlaybackDuration is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Loop = playback.Loop,
                Clock = playback.Clock,
                From = checkpoint.Agents.Where(agent => agent.State != AgentState.Ready).ToDictionary(agent => agent.InstanceId),
            });
            var player = new CohortPlayer(order, checkpoint, lease, cohort, services, onReleased);
            _ = player.RunLoopsAsync();
            return player;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Lets the agents play for at most <paramref name="limit"/>.</summary>
    public async Task BeginAsync(TimeSpan limit, bool paused)
    {
        if (_begun) return;
        _begun = true;
        await _cohort.BeginAsync(limit);
        if (paused) await _cohort.PauseAsync();
    }

    public Task PauseAsync() => _cohort.PauseAsync();

    public Task ResumeAsync() => _cohort.ResumeAsync();

    public Task SeekAsync(TimeSpan position) => _cohort.SeekAsync(position);

    public Task SetRateAsync(double rate) => _cohort.SetRateAsync(rate);

    public Task<AgentCheckpoint?> StateOfAsync(long instanceId) => _cohort.SnapshotAsync(instanceId);

    public async Task<CohortReport> ReportAsync()
    {
        var snapshot = await _cohort.SnapshotAsync();
        var failed = snapshot.Agents.FirstOrDefault(agent => agent.State == AgentState.Failed);
        return new CohortReport
        {
            CohortId = Order.CohortId,
            Begun = _begun,
            Agents = snapshot.Agents.Length,
            AgentsEnded = snapshot.Agents.Count(agent => agent.State.HasEnded()),
            Played = snapshot.Agents.Sum(ShareOf),
            RepeatsDone = snapshot.Agents.Min(agent => agent.RepeatsDone),
            MessagesOut = snapshot.Agents.Sum(agent => agent.MessagesOut),
            MessagesDropped = snapshot.Agents.Sum(agent => agent.Dropped),
            FailedInstanceId = failed.InstanceId,
            FailedError = failed.Error,
            WorstLateness = snapshot.Lateness.Max,
            Overloaded = _services.Overload.IsOverloaded,
        };
    }

    /// <summary>Where each agent is, for those who look on. One call at a time.</summary>
    public async Task<LiveCohort> LiveAsync()
    {
        var snapshot = await _cohort.SnapshotAsync();
        _lateness.Refresh();
        return new LiveCohort
        {
            CohortId = Order.CohortId,
            Silo = _services.Silo.SiloAddress.ToParsableString(),
            PassStart = _cohort.Window.Start,
            PassLength = _cohort.Window.Length,
            Agents =
            [
                .. snapshot.Agents.OrderBy(agent => agent.InstanceId).Select(agent => new LiveAgent(
                    agent.InstanceId, AgentStatus.Of(agent.State), agent.RepeatsDone, agent.Position, agent.MessagesOut, agent.Dropped,
                    _lateness[agent.InstanceId].P50, _lateness[agent.InstanceId].P99)),
            ],
        };
    }

    /// <summary>Ends agents that still play and returns every agent's outcome.</summary>
    public async Task<CohortOutcome> EndAsync()
    {
        await _cohort.StopAsync();
        var snapshot = await _cohort.SnapshotAsync();
        var lateness = snapshot.Lateness;
        lateness.Add(_carried);
        return new CohortOutcome
        {
            CohortId = Order.CohortId,
            Instances = [.. snapshot.Agents.Select(OutcomeOf)],
            Lateness = lateness.ToBytes(),
            DroppedByTopic = DroppedByTopic(),
        };
    }

    /// <summary>Holds all agents and saves where they are, for another silo to go on from exactly here.</summary>
    public async Task FreezeAsync(CancellationToken cancellationToken)
    {
        await _cohort.PauseAsync();
        await SaveCheckpointAsync(cancellationToken);
        await DisposeAsync();
    }

    /// <summary>Lets go of the agents and the bundle.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_released.IsCancellationRequested) return;
        await _release.CancelAsync();
        _release.Dispose();
        await _services.Engine.RemoveAsync(_cohort);
        _lease.Dispose();
        _onReleased();
    }

    private async Task RunLoopsAsync()
    {
        // Off the grain's turn and out of its trace: this goes on for as long as the agents play.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Activity.Current = null;
        RequestContext.Clear();
        await Task.WhenAll(RunReportsAsync(), RunCheckpointsAsync());
    }

    private async Task RunReportsAsync()
    {
        var coordinator = _services.Grains.GetGrain<IExecutionCoordinator>(Order.ExecutionId);
        var news = Task.WhenAny(_cohort.Ended, _cohort.Failed);
        while (!_released.IsCancellationRequested)
        {
            if (!await ReportedAsync(coordinator))
            {
                LogReplaced(_services.Logger, Order.CohortId, Order.ExecutionId);
                await DisposeAsync();
                return;
            }
            var interval = Task.Delay(ReportInterval, _services.Time, _released);
            // The end of the last agent is told at once; after that, now and then until the coordinator lets go.
            await (news.IsCompleted ? Task.WhenAny(interval) : Task.WhenAny(interval, news));
        }
    }

    private async Task<bool> ReportedAsync(IExecutionCoordinator coordinator)
    {
        try
        {
            return await coordinator.Report(await ReportAsync()).WaitAsync(ReportTimeout, _services.Time, _released);
        }
        catch (OperationCanceledException) when (_released.IsCancellationRequested)
        {
            return true;
        }
        catch (Exception exception)
        {
            // The coordinator may be moving to another silo; the next report finds it there.
            LogReportFailed(_services.Logger, exception, Order.CohortId, Order.ExecutionId);
            return true;
        }
    }

    private async Task RunCheckpointsAsync()
    {
        while (!_released.IsCancellationRequested)
        {
            await Task.WhenAny(Task.Delay(CheckpointInterval, _services.Time, _released));
            if (_released.IsCancellationRequested) return;
            var last = _cohort.Ended.IsCompleted;
            try
            {
                if (!await SaveCheckpointAsync(_released))
                {
                    LogReplaced(_services.Logger, Order.CohortId, Order.ExecutionId);
                    await DisposeAsync();
                    return;
                }
                if (last) return;
            }
            catch (OperationCanceledException) when (_released.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogCheckpointFailed(_services.Logger, exception, Order.CohortId, Order.ExecutionId);
            }
        }
    }

    private async Task<bool> SaveCheckpointAsync(CancellationToken cancellationToken)
    {
        var snapshot = await _cohort.SnapshotAsync();
        snapshot.Lateness.Add(_carried);
        return await _services.Checkpoints.SaveAsync(
            Order.ExecutionId, Order.CohortId, new CohortCheckpoint(snapshot.Agents, snapshot.Lateness) { DroppedByTopic = DroppedByTopic() }, cancellationToken);
    }

    private Dictionary<string, long> DroppedByTopic() =>
        TopicCounts.Sum([_carriedDrops, _cohort.Timeline.Topics.Zip(_cohort.DroppedByTopic, KeyValuePair.Create)]);

    private double ShareOf(AgentCheckpoint agent)
    {
        if (agent.State == AgentState.Completed) return 1;
        if (_cohort.Loop) return 0;
        var pass = _cohort.Window.Length == 0 ? 0 : (double)agent.Position / _cohort.Window.Length;
        return Math.Min(1, (agent.RepeatsDone + pass) / _cohort.RepeatCount);
    }

    private InstanceOutcome OutcomeOf(AgentCheckpoint agent)
    {
        var lateness = _cohort.LatenessOf(agent.InstanceId);
        return new InstanceOutcome(
            agent.InstanceId, agent.State, agent.RepeatsDone, agent.MessagesOut, agent.Dropped,
            lateness.Percentile(0.5), lateness.Percentile(0.99), lateness.Percentile(0.999), lateness.Max, agent.Error);
    }

    [LoggerMessage(401, LogLevel.Warning, "Cohort {Cohort} of execution {Execution} was replaced; its agents end here")]
    private static partial void LogReplaced(ILogger logger, long cohort, long execution);

    [LoggerMessage(402, LogLevel.Warning, "Cohort {Cohort} of execution {Execution} could not report; its agents play on")]
    private static partial void LogReportFailed(ILogger logger, Exception exception, long cohort, long execution);

    [LoggerMessage(403, LogLevel.Warning, "The checkpoint of cohort {Cohort} of execution {Execution} was not saved; its agents play on")]
    private static partial void LogCheckpointFailed(ILogger logger, Exception exception, long cohort, long execution);
}
