using System.Collections.Concurrent;
using System.Diagnostics;
using SimulationManager.Core.Bundles;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Worker.Listening;
using SimulationManager.Worker.Telemetry;

namespace SimulationManager.Worker.Executions;

/// <summary>What a <see cref="CohortPlayer"/> needs of its silo.</summary>
public sealed record CohortServices
{
    public required ReplayEngine Engine { get; init; }
    public required ITimelines Timelines { get; init; }
    public required ICohortStore Store { get; init; }

    /// <summary>Opens where a cohort publishes; null: nowhere.</summary>
    public required Func<CohortKey, CohortAssignment, ReplayTimeline, Action<long, bool>, CohortOutput?> OpenOutput { get; init; }

    public required ICoordinators Coordinators { get; init; }

    /// <summary>Disconnects what <see cref="OpenOutput"/> has opened.</summary>
    public Func<CohortOutput, ValueTask> CloseOutput { get; init; } = output => output.DisposeAsync();

    /// <summary>Begins to record what a cohort's agents put out; null: nobody asks for that.</summary>
    public Func<CohortKey, CohortAssignment, ReplayTimeline, RecordingCohort?> OpenRecording { get; init; } = (_, _, _) => null;

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

    /// <summary>How long messages that agents have put out may take to be published after the agents' end; after a stop, which is to take effect soon.</summary>
    private static readonly TimeSpan PublishingLimit = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(1);

    /// <summary>How often a cohort without agents looks for them by itself.</summary>
    private static readonly TimeSpan TakeInterval = TimeSpan.FromSeconds(5);

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
    private volatile PlayedCohort? _played;
    private volatile CohortOutput? _output;
    private RecordingCohort? _recording;
    private Task? _publishing;
    private readonly ConcurrentDictionary<long, bool> _held = new();
    private string? _bundleError;
    private Directive? _directive;
    private Directive? _followed;
    private long _seekEpoch;
    private CohortOutcome? _outcome;
    private volatile bool _isLeaving;
    private bool _isHandedOver;
    private volatile bool _isReadyToTake;

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
    public ReplayCohort? Cohort => _played?.Cohort;

    /// <summary>What its agents play; null before that is known.</summary>
    public PlannedPart? Part => _assignment?.Part;

    /// <summary>Where each agent is, for viewers. One call at a time, once it is prepared.</summary>
    public Task<LiveCohort> LiveAsync() => _played!.LiveAsync(Key.CohortId, _services.Silo);

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
        else if (directive.Order == CohortOrder.Play && _played is not null) await PlayAsync(_played, directive);
        else if (directive.Order == CohortOrder.Play) _given.Set();
    }

    /// <summary>Pauses all agents, saves where they are and reports that another silo can go on from exactly there.</summary>
    public async Task HandOverAsync(CancellationToken cancellationToken)
    {
        if (await PauseForGoodAsync() is { } played)
        {
            // What was put out before has to be in the counts that are saved.
            if (_output is { } output) await output.CompleteAsync(PublishingLimit);
            await SaveCheckpointAsync(played, cancellationToken);
        }
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
    private async Task<PlayedCohort?> PauseForGoodAsync()
    {
        _isLeaving = true;
        using var turn = await Turn.TakeAsync(_following);
        if (_played is not null) await _played.Cohort.PauseAsync();
        return _played;
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
        if (_played is { } played) await _services.Engine.RemoveAsync(played.Cohort);
        if (_output is { } output) await _services.CloseOutput(output);
        if (_recording is { } recording) await recording.DisposeAsync();
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
                await RunCheckpointsAsync(_played!);
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
                if (!assignment.IsWaiting) return await CreateAsync(assignment, timeline, await ConnectAsync(assignment, timeline));
                _isReadyToTake = true;
                _news.Set();
                await _given.WaitAsync(TakeInterval, _released);
            }
        }
        finally
        {
            if (_played is null) timeline?.Dispose();
        }
    }

    /// <summary>Connects to where the agents publish; null: nowhere.</summary>
    private async Task<CohortOutput?> ConnectAsync(CohortAssignment assignment, IPartTimeline timeline)
    {
        if ((_output ??= _services.OpenOutput(Key, assignment, timeline.Timeline, Hold)) is not { } output) return null;
        // Its state is in the reports meanwhile.
        using var activity = WorkerTelemetry.Activities.StartActivity("connect endpoints");
        // Released before it was there to be seen.
        if (_released.IsCancellationRequested) await _services.CloseOutput(output);
        await output.ReadyAsync(_released);
        return output;
    }

    /// <summary>Holds an agent, or lets it go on, because somebody who listens to it asks for that.</summary>
    private void Hold(long agent, bool isHeld)
    {
        _held[agent] = isHeld;
        _ = _played?.Cohort.HoldAsync(agent, isHeld);
    }

    private async Task<bool> CreateAsync(CohortAssignment assignment, IPartTimeline timeline, CohortOutput? output)
    {
        using var turn = await Turn.TakeAsync(_following);
        if (_released.IsCancellationRequested) return false;
        _recording ??= _services.OpenRecording(Key, assignment, timeline.Timeline);
        var played = new PlayedCohort(Key, assignment, timeline.Timeline, output, _recording?.Queue, _services);
        (_timeline, _seekEpoch, _played) = (timeline, assignment.Checkpoint.SeekEpoch, played);
        // Before they begin, and before what is asked from here on.
        foreach (var (agent, isHeld) in _held) await played.Cohort.HoldAsync(agent, isHeld);
        _ = NotifyAsync(played.Cohort.Ended);
        _ = NotifyAsync(played.Cohort.Failed);
        _ = WatchBundleAsync(timeline);
        if (_directive is { Order: CohortOrder.Play } directive) await PlayAsync(played, directive);
        _news.Set();
        return true;
    }

    private async Task PlayAsync(PlayedCohort played, Directive directive)
    {
        if (_isLeaving || _outcome is not null || directive.AsksTheSameAs(_followed)) return;
        await EndRemovedAsync(played, directive.Removed);
        await played.Cohort.PlayAsync(PlaybackOf(directive, _seekEpoch));
        _seekEpoch = directive.SeekEpoch;
        _followed = directive;
        if (directive.HandOver is { } handOver) _ = HandOverAsync(played, handOver);
        _news.Set();
    }

    private static Playback PlaybackOf(Directive directive, long seekEpoch) => new(
        directive.Left, directive.Paused, directive.Rate, directive.SeekEpoch > seekEpoch ? directive.SeekPosition : null, directive.Released, directive.ReleasedBefore,
        FleetPlans.InjectionsOf(directive.Faults));

    private async Task EndAsync()
    {
        if (_outcome is not null) return;
        if (_played is { } played)
        {
            await played.Cohort.StopAsync();
            // Which agents it has is not clear before that is saved.
            if (_isHandingOver) return;
            if (IsPublished(StopLimit)) _outcome = await played.OutcomeAsync();
        }
        else if (_assignment is { } assignment)
        {
            _outcome = CohortOutcome.Of(assignment.Checkpoint);
        }
        _followed = _directive;
        _news.Set();
    }

    /// <summary>Whether all that agents have put out is published, or given up. Reports once it is.</summary>
    private bool IsPublished(TimeSpan atMost)
    {
        if (_output is not { } output) return true;
        if (_publishing is null)
        {
            _publishing = output.CompleteAsync(atMost);
            _ = NotifyAsync(_publishing);
        }
        return _publishing.IsCompleted;
    }

    private async Task NotifyAsync(Task happened)
    {
        await happened;
        _news.Set();
    }

    /// <summary>Agents play by the timeline alone, so it takes a report to end them when the messages are missing.</summary>
    private async Task WatchBundleAsync(IPartTimeline timeline)
    {
        try
        {
            await timeline.Complete;
        }
        catch (BundleUnusableException exception)
        {
            _bundleError = exception.Message;
            _news.Set();
        }
    }

    private async Task RunCheckpointsAsync(PlayedCohort played)
    {
        while (!_released.IsCancellationRequested)
        {
            await WaitAsync(CheckpointInterval);
            if (_released.IsCancellationRequested) return;
            var isLast = played.Cohort.Ended.IsCompleted;
            try
            {
                if (!await SaveCheckpointAsync(played, _released))
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

    private async Task<bool> SaveCheckpointAsync(PlayedCohort played, CancellationToken cancellationToken)
    {
        // One at a time: an older checkpoint must not replace a newer one.
        using var turn = await Turn.TakeAsync(_saving);
        return await _services.Store.SaveAsync(Key, await CheckpointAsync(played), cancellationToken);
    }

    private async Task<CohortCheckpoint> CheckpointAsync(PlayedCohort played)
    {
        using var turn = await Turn.TakeAsync(_following);
        // Agents that are released are ended by that; they must not be saved as such.
        _released.ThrowIfCancellationRequested();
        return await played.CheckpointAsync(_seekEpoch, playsOn: !_isLeaving);
    }

    /// <summary>Waits, less when it is released.</summary>
    private async Task WaitAsync(TimeSpan time) =>
        await Task.Delay(time, _services.Time, _released).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

    [LoggerMessage(401, LogLevel.Information, "Cohort {Cohort} is released: its agents have ended or play elsewhere")]
    private static partial void LogReleased(ILogger logger, CohortKey cohort);

    [LoggerMessage(403, LogLevel.Warning, "The checkpoint of cohort {Cohort} was not saved; its agents play on")]
    private static partial void LogCheckpointFailed(ILogger logger, Exception exception, CohortKey cohort);

    [LoggerMessage(404, LogLevel.Warning, "Cohort {Cohort} could not be made ready; trying again")]
    private static partial void LogPrepareFailed(ILogger logger, Exception exception, CohortKey cohort);
}
