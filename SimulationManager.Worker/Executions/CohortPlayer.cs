using System.Diagnostics;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Worker.Bundles;
using SimulationManager.Worker.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>What a <see cref="CohortPlayer"/> needs of its silo.</summary>
public sealed record CohortServices
{
    public required ReplayEngine Engine { get; init; }
    public required ITimelines Timelines { get; init; }
    public required ICohortStore Store { get; init; }
    public required ICoordinators Coordinators { get; init; }

    /// <summary>Whether the silo cannot keep up.</summary>
    public required Func<bool> IsOverloaded { get; init; }

    /// <summary>The silo in Orleans' parsable form.</summary>
    public required string Silo { get; init; }

    public required TimeProvider Time { get; init; }
    public required ILogger<CohortPlayer> Logger { get; init; }
}

/// <summary>
/// One cohort on this silo: its agents in the engine, its reports to the coordinator and its checkpoints. It follows the
/// directives that come with the answers to its reports; while none comes it goes on as it is.
/// </summary>
public sealed partial class CohortPlayer : IAsyncDisposable
{
    private static readonly TimeSpan CheckpointInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    /// <summary>How often a cohort without agents looks for them by itself.</summary>
    private static readonly TimeSpan TakeInterval = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LongestHandOver = TimeSpan.FromMinutes(1);

    private readonly CohortServices _services;
    private readonly TimeSpan _reportInterval;
    private readonly Action<CohortPlayer> _onReleased;
    private readonly CancellationTokenSource _release = new();
    private readonly CancellationToken _released;
    private readonly SemaphoreSlim _following = new(1);
    private readonly SemaphoreSlim _saving = new(1);
    private readonly Signal _news;
    private readonly Signal _given;
    private CohortAssignment? _assignment;
    private IPartTimeline? _timeline;
    private volatile ReplayCohort? _cohort;
    private AgentLatenessView? _lateness;
    private string? _bundleError;
    private Directive? _directive;
    private Directive? _followed;
    private long _seekEpoch;
    private CohortOutcome? _outcome;
    private volatile bool _isLeaving;
    private bool _isHandedOver;
    private volatile bool _isReadyToTake;
    private HandOver? _handOver;
    private long _handedOverTo;

    public CohortPlayer(CohortKey key, CohortServices services, Action<CohortPlayer> onReleased)
    {
        Key = key;
        _services = services;
        _reportInterval = RunIntervals.Of(key.Run.Kind).Report;
        _onReleased = onReleased;
        _released = _release.Token;
        _news = new Signal(services.Time);
        _given = new Signal(services.Time);
    }

    public CohortKey Key { get; }

    /// <summary>Its agents in the engine; null before they are ready.</summary>
    public ReplayCohort? Cohort => _cohort;

    /// <summary>Begins to report, fetches the bundle and makes the agents ready.</summary>
    public void Start()
    {
        _ = RunReportsAsync();
        _ = RunAsync();
    }

    /// <summary>Does what a directive asks, unless a newer one was followed.</summary>
    public async Task FollowAsync(Directive directive)
    {
        using var turn = await Turn.TakeAsync(_following);
        if (_released.IsCancellationRequested || directive.Version < _directive?.Version) return;
        _directive = directive;
        if (directive.Order == CohortOrder.Release) Release();
        else if (directive.Order == CohortOrder.End) await EndAsync();
        else if (directive.Order == CohortOrder.Play && _cohort is not null) await PlayAsync(_cohort, directive);
        else if (directive.Order == CohortOrder.Play) _given.Set();
    }

    /// <summary>Where each agent is, for viewers. One call at a time, once it is prepared.</summary>
    public async Task<LiveCohort> LiveAsync()
    {
        var (cohort, lateness) = (_cohort!, _lateness!);
        var snapshot = await cohort.SnapshotAsync();
        lateness.Refresh();
        return new LiveCohort
        {
            CohortId = Key.CohortId,
            Silo = _services.Silo,
            PassStart = cohort.Window.Start,
            PassLength = cohort.Window.Length,
            Agents =
            [
                .. snapshot.Agents.OrderBy(agent => agent.InstanceId).Select(agent => new LiveAgent(
                    agent.InstanceId, AgentStatus.Of(agent.State), agent.RepeatsDone, agent.Position, agent.MessagesOut, agent.Dropped,
                    lateness[agent.InstanceId].P50, lateness[agent.InstanceId].P99)),
            ],
        };
    }

    /// <summary>Pauses all agents, saves where they are and reports that another silo can go on from exactly there.</summary>
    public async Task HandOverAsync(CancellationToken cancellationToken)
    {
        if (await PauseForGoodAsync() is { } cohort) await SaveCheckpointAsync(cohort, cancellationToken);
        _isHandedOver = true;
        await ReportAsync().WaitAsync(cancellationToken);
    }

    /// <summary>Forgets the agents and the bundle.</summary>
    public async ValueTask DisposeAsync()
    {
        using var turn = await Turn.TakeAsync(_following);
        Release();
    }

    /// <summary>Pauses all agents, whatever directives follow. Null: they are not ready yet, and will not be.</summary>
    private async Task<ReplayCohort?> PauseForGoodAsync()
    {
        _isLeaving = true;
        using var turn = await Turn.TakeAsync(_following);
        if (_cohort is not null) await _cohort.PauseAsync();
        return _cohort;
    }

    private void Release()
    {
        if (_released.IsCancellationRequested) return;
        _release.Cancel();
        _onReleased(this);
        _ = RemoveAsync();
    }

    private async Task RemoveAsync()
    {
        using var timeline = _timeline;
        if (_cohort is { } cohort) await _services.Engine.RemoveAsync(cohort);
    }

    private async Task RunAsync()
    {
        while (!_released.IsCancellationRequested)
        {
            try
            {
                if (!await PrepareAsync()) return;
                // Off the trace of the run's start: this goes on for as long as the agents play.
                Activity.Current = null;
                await RunCheckpointsAsync(_cohort!);
                return;
            }
            catch (BundleUnusableException exception)
            {
                _bundleError = exception.Message;
                _news.Set();
                return;
            }
            catch (Exception exception) when (!_released.IsCancellationRequested)
            {
                LogPrepareFailed(_services.Logger, exception, Key);
                await WaitAsync(RetryInterval);
            }
            catch (OperationCanceledException)
            {
                // It was released meanwhile.
            }
        }
    }

    /// <summary>Makes the agents ready. False: there is nothing to play any more.</summary>
    private async Task<bool> PrepareAsync()
    {
        IPartTimeline? timeline = null;
        try
        {
            while (true)
            {
                if ((_assignment = await _services.Store.LoadAsync(Key, _released)) is not { } assignment)
                {
                    await DisposeAsync();
                    return false;
                }
                timeline ??= await _services.Timelines.OpenAsync(assignment.Part, _released);
                if (!assignment.IsWaiting) return await CreateAsync(assignment, timeline);
                _isReadyToTake = true;
                _news.Set();
                await _given.WaitAsync(TakeInterval, _released);
            }
        }
        finally
        {
            if (_cohort is null) timeline?.Dispose();
        }
    }

    private async Task<bool> CreateAsync(CohortAssignment assignment, IPartTimeline timeline)
    {
        using var turn = await Turn.TakeAsync(_following);
        if (_released.IsCancellationRequested) return false;
        var cohort = _services.Engine.CreateCohort(PlayOf(assignment, timeline.Timeline));
        (_timeline, _seekEpoch, _lateness) = (timeline, assignment.Checkpoint.SeekEpoch, new AgentLatenessView(cohort));
        _cohort = cohort;
        _ = NotifyAsync(cohort.Ended);
        _ = NotifyAsync(cohort.Failed);
        if (_directive is { Order: CohortOrder.Play } directive) await PlayAsync(cohort, directive);
        _news.Set();
        return true;
    }

    private CohortPlay PlayOf(CohortAssignment assignment, ReplayTimeline timeline)
    {
        var playback = assignment.Part.Playback ?? new PlaybackOptions();
        return new CohortPlay
        {
            Key = Key.ToString(),
            Timeline = timeline,
            InstanceIds = [.. assignment.Checkpoint.Agents.Select(agent => agent.InstanceId)],
            RepeatCount = assignment.Part.RepeatCount,
            Rate = playback.Rate,
            StartOffset = TimeSpan.FromSeconds(playback.StartOffset),
            PlaybackDuration = playback.PlaybackDuration is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
            Loop = playback.Loop,
            Clock = playback.Clock,
            From = assignment.Checkpoint.Agents.Where(agent => agent.State != AgentState.Ready).ToDictionary(agent => agent.InstanceId),
            FromAt = assignment.Checkpoint.At is { } at ? _services.Engine.Clock.Now - (Since(at).Ticks * 100) : null,
        };
    }

    /// <summary>How long ago it was; other silos' clocks may differ, and an agent must not race through minutes of its bag for that.</summary>
    private TimeSpan Since(DateTimeOffset at) => TimeSpan.FromTicks(Math.Clamp((_services.Time.GetUtcNow() - at).Ticks, 0, LongestHandOver.Ticks));

    private async Task PlayAsync(ReplayCohort cohort, Directive directive)
    {
        if (_isLeaving || _outcome is not null || directive.AsksTheSameAs(_followed)) return;
        TimeSpan? seek = directive.SeekEpoch > _seekEpoch ? directive.SeekPosition : null;
        await cohort.PlayAsync(new Playback(directive.Left, directive.Paused, directive.Rate, seek));
        _seekEpoch = directive.SeekEpoch;
        _followed = directive;
        if (directive.HandOver is { } handOver) _ = HandOverAsync(cohort, handOver);
        _news.Set();
    }

    /// <summary>Hands agents over to another silo. They keep their times: what falls due on the way goes out late there.</summary>
    private async Task HandOverAsync(ReplayCohort cohort, HandOver handOver)
    {
        // No checkpoint that has the agents may be saved afterwards.
        using var saving = await Turn.TakeAsync(_saving);
        using var following = await Turn.TakeAsync(_following);
        try
        {
            if (_released.IsCancellationRequested || _isLeaving || _outcome is not null || _handOver == handOver) return;
            _handOver = handOver;
            var detached = await cohort.DetachAsync(handOver.Agents);
            var given = new CohortCheckpoint(detached.Agents, new LatenessHistogram()) { SeekEpoch = _seekEpoch, At = _services.Time.GetUtcNow() };
            if (given.Agents.Count > 0 && await SaveHandOverAsync(await SnapshotAsync(cohort), handOver.CohortId, given))
            {
                // First: an outcome must not be reported without it.
                _handedOverTo = handOver.CohortId;
                cohort.Forget(detached);
            }
            else
            {
                await cohort.PutBackAsync(detached);
            }
        }
        catch (Exception exception)
        {
            // Released or leaving: others go on from what is saved.
            LogHandOverFailed(_services.Logger, exception, Key, handOver.CohortId);
        }
        _news.Set();
    }

    /// <summary>Tries until it is known whether the agents are handed over: only then is it clear who plays them.</summary>
    private async Task<bool> SaveHandOverAsync(CohortCheckpoint kept, long to, CohortCheckpoint given)
    {
        while (true)
        {
            try
            {
                return await _services.Store.HandOverAsync(Key, kept, to, given, _released);
            }
            catch (Exception exception) when (!_isLeaving && !_released.IsCancellationRequested)
            {
                LogHandOverFailed(_services.Logger, exception, Key, to);
                await WaitAsync(RetryInterval);
            }
        }
    }

    private async Task EndAsync()
    {
        if (_outcome is not null) return;
        if (_cohort is { } cohort)
        {
            await cohort.StopAsync();
            _outcome = OutcomeOf(cohort, await cohort.SnapshotAsync());
        }
        else if (_assignment is { } assignment)
        {
            _outcome = CohortOutcome.Of(assignment.Checkpoint);
        }
        _followed = _directive;
        _news.Set();
    }

    private async Task NotifyAsync(Task happened)
    {
        await happened;
        _news.Set();
    }

    private async Task RunReportsAsync()
    {
        Activity.Current = null;
        while (!_released.IsCancellationRequested)
        {
            try
            {
                var directive = await ReportAsync();
                if (directive.Order == CohortOrder.Release) LogReleased(_services.Logger, Key);
                await FollowAsync(directive);
                await _news.WaitAsync(_reportInterval, _released);
            }
            catch (Exception exception) when (!_released.IsCancellationRequested)
            {
                // The coordinator may be moving to another silo; the next report finds it there.
                LogReportFailed(_services.Logger, exception, Key);
                await WaitAsync(_reportInterval);
            }
            catch (OperationCanceledException)
            {
                // It was released meanwhile.
            }
        }
    }

    private async Task<Directive> ReportAsync()
    {
        var report = await NextReportAsync();
        return await _services.Coordinators.ReportAsync(Key.Run, report).WaitAsync(ReportTimeout, _services.Time, _released);
    }

    private async Task<CohortReport> NextReportAsync()
    {
        if (_cohort is not { } cohort)
        {
            return new CohortReport
            {
                CohortId = Key.CohortId,
                Phase = Phase(),
                FailedInstanceId = _bundleError is null ? 0 : _assignment!.Checkpoint.Agents.Select(agent => agent.InstanceId).FirstOrDefault(),
                FailedError = _bundleError,
                Outcome = _outcome,
            };
        }
        var haveEnded = cohort.Ended.IsCompleted;
        var snapshot = await cohort.SnapshotAsync();
        if (haveEnded) _outcome ??= OutcomeOf(cohort, snapshot);
        var failed = snapshot.Agents.FirstOrDefault(agent => agent.State == AgentState.Failed);
        return new CohortReport
        {
            CohortId = Key.CohortId,
            Phase = Phase(),
            Overloaded = _services.IsOverloaded(),
            MessagesPerPass = cohort.Window.Count,
            Played = snapshot.Agents.Sum(agent => ShareOf(cohort, agent)),
            RepeatsDone = snapshot.Agents.Min(agent => agent.RepeatsDone),
            MessagesOut = snapshot.Agents.Sum(agent => agent.MessagesOut),
            FailedInstanceId = failed.InstanceId,
            FailedError = failed.Error,
            Outcome = _outcome,
            HandedOverTo = _handedOverTo,
            Followed = _followed,
        };
    }

    private CohortPhase Phase()
    {
        if (_isHandedOver) return CohortPhase.HandedOver;
        if (_outcome is not null) return CohortPhase.Ended;
        if (_cohort is null) return _isReadyToTake ? CohortPhase.Ready : CohortPhase.Preparing;
        return _followed is null ? CohortPhase.Ready : CohortPhase.Playing;
    }

    private async Task RunCheckpointsAsync(ReplayCohort cohort)
    {
        while (!_released.IsCancellationRequested)
        {
            await WaitAsync(CheckpointInterval);
            if (_released.IsCancellationRequested) return;
            var isLast = cohort.Ended.IsCompleted;
            try
            {
                if (!await SaveCheckpointAsync(cohort, _released))
                {
                    LogReleased(_services.Logger, Key);
                    await DisposeAsync();
                    return;
                }
                if (isLast) return;
            }
            catch (Exception exception) when (!_released.IsCancellationRequested)
            {
                LogCheckpointFailed(_services.Logger, exception, Key);
            }
        }
    }

    private async Task<bool> SaveCheckpointAsync(ReplayCohort cohort, CancellationToken cancellationToken)
    {
        // One at a time: an older checkpoint must not replace a newer one.
        using var turn = await Turn.TakeAsync(_saving);
        return await _services.Store.SaveAsync(Key, await CheckpointAsync(cohort), cancellationToken);
    }

    private async Task<CohortCheckpoint> CheckpointAsync(ReplayCohort cohort)
    {
        using var turn = await Turn.TakeAsync(_following);
        // Agents that are released are ended by that; they must not be saved as such.
        _released.ThrowIfCancellationRequested();
        return await SnapshotAsync(cohort);
    }

    /// <summary>Where the agents are, with the position command that they have followed: a successor must not go there once more.</summary>
    private async Task<CohortCheckpoint> SnapshotAsync(ReplayCohort cohort)
    {
        var snapshot = await cohort.SnapshotAsync();
        return new CohortCheckpoint(snapshot.Agents, WithCarried(snapshot.Lateness)) { DroppedByTopic = DroppedByTopic(cohort), SeekEpoch = _seekEpoch };
    }

    private LatenessHistogram WithCarried(LatenessHistogram lateness)
    {
        lateness.Add(_assignment!.Checkpoint.Lateness);
        return lateness;
    }

    private Dictionary<string, long> DroppedByTopic(ReplayCohort cohort) =>
        TopicCounts.Sum([_assignment!.Checkpoint.DroppedByTopic, cohort.Timeline.Topics.Zip(cohort.DroppedByTopic, KeyValuePair.Create)]);

    private static double ShareOf(ReplayCohort cohort, AgentCheckpoint agent)
    {
        if (agent.State == AgentState.Completed) return 1;
        if (cohort.Loop) return 0;
        var pass = cohort.Window.Length == 0 ? 0 : (double)agent.Position / cohort.Window.Length;
        return Math.Min(1, (agent.RepeatsDone + pass) / cohort.RepeatCount);
    }

    private CohortOutcome OutcomeOf(ReplayCohort cohort, CohortSnapshot snapshot) => new()
    {
        Instances = [.. snapshot.Agents.Select(agent => OutcomeOf(cohort, agent))],
        Lateness = WithCarried(snapshot.Lateness).ToBytes(),
        DroppedByTopic = DroppedByTopic(cohort),
    };

    private static InstanceOutcome OutcomeOf(ReplayCohort cohort, AgentCheckpoint agent)
    {
        var lateness = cohort.LatenessOf(agent.InstanceId);
        return new InstanceOutcome(
            agent.InstanceId, agent.State, agent.RepeatsDone, agent.MessagesOut, agent.Dropped,
            lateness.Percentile(0.5), lateness.Percentile(0.99), lateness.Percentile(0.999), lateness.Max, agent.Error);
    }

    /// <summary>Waits, less when it is released.</summary>
    private async Task WaitAsync(TimeSpan time) =>
        await Task.Delay(time, _services.Time, _released).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    [LoggerMessage(401, LogLevel.Information, "Cohort {Cohort} is released: its agents have ended or play elsewhere")]
    private static partial void LogReleased(ILogger logger, CohortKey cohort);

    [LoggerMessage(402, LogLevel.Warning, "Cohort {Cohort} could not report; its agents play on")]
    private static partial void LogReportFailed(ILogger logger, Exception exception, CohortKey cohort);

    [LoggerMessage(403, LogLevel.Warning, "The checkpoint of cohort {Cohort} was not saved; its agents play on")]
    private static partial void LogCheckpointFailed(ILogger logger, Exception exception, CohortKey cohort);

    [LoggerMessage(405, LogLevel.Warning, "Cohort {Cohort} could not hand agents over to cohort {To}")]
    private static partial void LogHandOverFailed(ILogger logger, Exception exception, CohortKey cohort, long to);

    [LoggerMessage(404, LogLevel.Warning, "Cohort {Cohort} could not be made ready; trying again")]
    private static partial void LogPrepareFailed(ILogger logger, Exception exception, CohortKey cohort);
}
