using SimulationManager.Api.Executions;
using SimulationManager.Api.Hosting;
using SimulationManager.Core.Grains;

namespace SimulationManager.Api.Viewing.Feeds;

/// <summary>
/// What the agents of one run put out, for all who watch it through this process: every message comes here once, whoever else watches. Topics that nobody
/// watches do not come at all. For any number of threads.
/// </summary>
internal sealed partial class ExecutionFeed : IMessageFeed, IAsyncDisposable
{
    private const string HasEnded = "the run has ended";

    /// <summary>How often it is looked where agents play.</summary>
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    /// <summary>How long the run's grain is waited for: when it was lost with its silo, an answer may never come.</summary>
    private static readonly TimeSpan AskedWithin = TimeSpan.FromSeconds(3);

    private readonly WatchedExecution _execution;
    private readonly WorkerConnection _worker;
    private readonly FleetTable _table;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, SiloFeed> _silos = [];
    private readonly Dictionary<string, IReadOnlyList<FeedAgent>> _agents = [];
    private readonly HashSet<FeedViewer> _viewers = [];
    private readonly HashSet<QueuedSubscription> _unresolved = [];
    private readonly Dictionary<QueuedSubscription, (long Agent, int Topic)> _resolved = [];
    private readonly Dictionary<(long Agent, int Topic), TopicSubscriptions> _watched = [];
    private FeedCatalog _catalog = FeedCatalog.Empty;
    private string? _ended;
    private Task _running = Task.CompletedTask;

    public ExecutionFeed(WatchedExecution execution, WorkerConnection worker, FleetTable table, TimeProvider time, ILogger logger)
    {
        (_execution, _worker, _table, _time, _logger) = (execution, worker, table, time, logger);
        Fleet = new FleetFeed(ChooseAnew);
    }

    /// <summary>What is told of all agents together.</summary>
    public FleetFeed Fleet { get; }

    FleetFeed? IMessageFeed.Fleet => Fleet;

    /// <summary>Begins to look where agents play.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Adds a viewer, which is told at once who plays.</summary>
    public void Add(FeedViewer viewer)
    {
        lock (_lock)
        {
            _viewers.Add(viewer);
            viewer.OnChanged(_catalog);
            if (_ended is { } reason) viewer.OnEnded(reason);
        }
    }

    /// <summary>Removes a viewer. Returns how many are left.</summary>
    public int Remove(FeedViewer viewer)
    {
        lock (_lock)
        {
            _viewers.Remove(viewer);
            return _viewers.Count;
        }
    }

    /// <inheritdoc/>
    public void Subscribe(QueuedSubscription subscription)
    {
        lock (_lock)
        {
            if (!TryResolve(subscription)) _unresolved.Add(subscription);
        }
    }

    /// <inheritdoc/>
    public void Unsubscribe(QueuedSubscription subscription)
    {
        if (Fleet.Unsubscribe(subscription)) return;
        lock (_lock)
        {
            _unresolved.Remove(subscription);
            if (!_resolved.Remove(subscription, out var key)) return;
            var watched = _watched[key];
            if (watched.Remove(subscription) > 0) return;
            _watched.Remove(key);
            ChooseAnew();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var silo in _silos.Values) await silo.DisposeAsync();
        _stopping.Dispose();
    }

    /// <summary>What is watched at the moment.</summary>
    internal AgentChoice Choice()
    {
        lock (_lock) return new AgentChoice(_watched.Keys.GroupBy(key => key.Agent, key => key.Topic).ToDictionary(agent => agent.Key, agent => agent.ToArray()), Fleet.NeedsPositions);
    }

    /// <summary>Takes what comes from a silo.</summary>
    internal void Take(string silo, AgentFeedBatch batch)
    {
        FeedCatalog catalog;
        lock (_lock)
        {
            if (batch.Cohorts is { } cohorts) TakeAgents(silo, cohorts);
            foreach (var message in batch.Messages)
            {
                if (_watched.TryGetValue((message.Agent, message.Topic), out var watched)) watched.Take(message);
            }
            if (batch.Missed > 0)
            {
                foreach (var viewer in _viewers) viewer.OnMissed(batch.Missed);
            }
            catalog = _catalog;
        }
        if (batch.Positions is { } positions) Fleet.Take(silo, positions, catalog);
    }

    /// <summary>Forgets who played on a silo that cannot be reached.</summary>
    internal void Forget(string silo)
    {
        lock (_lock)
        {
            if (_agents.GetValueOrDefault(silo) is { Count: > 0 })
            {
                foreach (var viewer in _viewers) viewer.OnWorkerLost();
            }
            TakeAgents(silo, []);
        }
    }

    private async Task RunAsync()
    {
        while (true)
        {
            if (await TryFindSilosAsync() is not { } silos) break;
            lock (_lock) Follow(silos);
            await TellTableAsync();
            await TellPlaybackAsync();
            await Task.Delay(LookInterval, _time, _stopping.Token);
        }
        // What agents have put out last is still on its way.
        await Task.Delay(LookInterval, _time, _stopping.Token);
        lock (_lock)
        {
            _ended = HasEnded;
            foreach (var viewer in _viewers) viewer.OnEnded(HasEnded);
        }
    }

    /// <summary>The silos on which agents play; none while no worker answers. Null: the run has ended.</summary>
    private async Task<IReadOnlyList<string>?> TryFindSilosAsync()
    {
        try
        {
            return await _worker.Execution(_execution.ExecutionId).GetSilos().WaitAsync(AskedWithin, _time);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            LogNotFound(_logger, exception, _execution.ExecutionId);
            return [];
        }
    }

    /// <summary>Tells how each agent stands, if somebody watches that.</summary>
    private async Task TellTableAsync()
    {
        if (!Fleet.NeedsTable) return;
        FeedCatalog catalog;
        lock (_lock) catalog = _catalog;
        if (await _table.TryReadAsync(_execution.ExecutionId, catalog) is { } table) Fleet.Take(table, _time.GetUtcNow());
    }

    /// <summary>Tells viewers that want to know how the run plays.</summary>
    private async Task TellPlaybackAsync()
    {
        FeedViewer[] viewers;
        long? first;
        lock (_lock) (viewers, first) = ([.. _viewers.Where(viewer => viewer.WatchesPlayback)], _catalog.Agents is [var agent, ..] ? agent.Number : null);
        if (viewers.Length == 0) return;
        try
        {
            var run = await _worker.Execution(_execution.ExecutionId).GetState().WaitAsync(AskedWithin, _time);
            if (run.Playback is not { } asked) return;
            var position = first is { } number ? await _table.TryReadPositionAsync(_execution.ExecutionId, number) : null;
            var playback = new RunPlayback(asked.Paused, asked.Rate, position, InjectedFaultsView.Of(run) ?? []);
            foreach (var viewer in viewers) viewer.OnPlayback(playback);
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            LogNotFound(_logger, exception, _execution.ExecutionId);
        }
    }

    /// <summary>Watches silos until the end, whether agents play there or not: what they have put out there last has to come, too.</summary>
    private void Follow(IEnumerable<string> silos)
    {
        foreach (var silo in silos)
        {
            if (_silos.TryGetValue(silo, out var known))
            {
                if (!known.HasFailed) continue;
                _ = known.DisposeAsync().AsTask();
            }
            var feed = _silos[silo] = new SiloFeed(silo, _execution, this, _worker, _time, _logger);
            feed.Start();
        }
    }

    private void TakeAgents(string silo, IReadOnlyList<WatchedCohort> cohorts)
    {
        _agents[silo] = [.. cohorts.SelectMany(AgentsOf)];
        // One that has just moved may be with both.
        _catalog = new FeedCatalog(_agents.Values.SelectMany(agents => agents).DistinctBy(agent => agent.Number));
        foreach (var viewer in _viewers) viewer.OnChanged(_catalog);
        _unresolved.RemoveWhere(TryResolve);
    }

    private static IEnumerable<FeedAgent> AgentsOf(WatchedCohort cohort)
    {
        var topics = new FeedAgentTopics(cohort.Topics);
        return cohort.Agents.Select(agent => new FeedAgent(agent.Number, agent.Name, topics, cohort.Repeats, cohort.NamesFrames));
    }

    private bool TryResolve(QueuedSubscription subscription)
    {
        if (_catalog.Find(subscription.Name) is not var (agent, topic)) return false;
        var key = (agent.Number, topic.Index);
        if (!_watched.TryGetValue(key, out var watched))
        {
            watched = _watched[key] = new TopicSubscriptions(topic, subscription.Name);
            ChooseAnew();
        }
        watched.Add(subscription);
        _resolved[subscription] = key;
        return true;
    }

    private void ChooseAnew()
    {
        lock (_lock)
        {
            foreach (var silo in _silos.Values) silo.ChooseAnew();
        }
    }

    [LoggerMessage(721, LogLevel.Debug, "Where agents of execution {Execution} play is not known at the moment")]
    private static partial void LogNotFound(ILogger logger, Exception exception, long execution);
}
