using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Runtime;
using SimulationManager.Core.Grains;
using SimulationManager.Core.LiveState;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker.Simulated;

/// <summary>Silos, the network between them, and their membership, as Orleans has them.</summary>
internal sealed class SimulatedCluster(SimulatedWorld world, SimulatedDatabase database, ITimelines timelines, RebalancePolicy rebalance) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(8);
    private readonly List<SimulatedSilo> _silos = [];
    private int _generation;

    /// <summary>The grain as the directory has it.</summary>
    public SimulatedGrain? Directory { get; set; }

    public IReadOnlyList<SimulatedSilo> Silos => _silos;

    /// <summary>Whether calls get lost, late and repeated.</summary>
    public bool IsLossy { get; set; }

    /// <summary>What a status reader sees; like Redis it outlives coordinators.</summary>
    public LiveExecution? Published { get; set; }

    public SimulatedWorld World => world;
    public SimulatedDatabase Database => database;
    public ITimelines Timelines => timelines;
    public RebalancePolicy Rebalance => rebalance;

    public SimulatedSilo Join()
    {
        var silo = new SimulatedSilo(this, SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11_000), ++_generation));
        _silos.Add(silo);
        silo.Start();
        return silo;
    }

    /// <summary>Runs what is due on all silos and returns the next deadline.</summary>
    public long RunEngines(Action<SimulatedSilo> played)
    {
        var next = long.MaxValue;
        foreach (var silo in _silos)
        {
            if (silo.Process.IsDead) continue;
            if (silo.Process.PausedUntil > world.Now)
            {
                next = Math.Min(next, silo.Process.PausedUntil);
                continue;
            }
            var before = silo.Engine.MessagesOut;
            next = Math.Min(next, silo.Engine.RunDue());
            if (silo.Engine.MessagesOut != before) played(silo);
        }
        return next;
    }

    /// <summary>Calls a silo; late, lost or repeated as the network has it.</summary>
    public Task<T> CallAsync<T>(SimulatedProcess from, SimulatedSilo? source, SimulatedSilo target, Func<Task<T>> handle)
    {
        var done = new TaskCompletionSource<T>();
        world.After(CallTimeout, from, () =>
        {
            if (!done.Task.IsCompleted) done.TrySetException(new TimeoutException("No answer in time."));
        });
        if (IsCut(source, target) || Lost()) return done.Task;
        world.After(Latency(), target.Process, () => _ = HandleAsync());
        if (IsLossy && world.Chance(0.1)) world.After(Latency(), target.Process, () => _ = HandleAsync());
        return done.Task;

        async Task HandleAsync()
        {
            Action answer;
            try
            {
                var result = await handle();
                answer = () => done.TrySetResult(result);
            }
            catch (Exception exception)
            {
                world.Log($"a call failed: {exception.GetType().Name} {exception.Message}");
                answer = () => done.TrySetException(exception);
            }
            if (!IsCut(source, target) && !Lost()) world.After(Latency(), from, answer);
        }
    }

    public void Dispose()
    {
        foreach (var silo in _silos) silo.Engine.Dispose();
    }

    private static bool IsCut(SimulatedSilo? source, SimulatedSilo target) => source != target && (target.IsIsolated || source is { IsIsolated: true });

    private bool Lost() => IsLossy && world.Chance(0.1);

    private TimeSpan Latency() => IsLossy && world.Chance(0.2) ? world.Between(10, 3000) : world.Chance(0.02) ? world.Between(2, 200) : world.Between(0.1, 2);
}

/// <summary>One silo: its engine, its cohorts, and its view of the cluster.</summary>
internal sealed class SimulatedSilo : ISilos, ICoordinators
{
    private static readonly TimeSpan ScanInterval = TimeSpan.FromSeconds(2);

    private readonly SimulatedCluster _cluster;
    private readonly HashSet<SimulatedSilo> _left = [];
    private SimulatedGrain? _cached;
    private HashSet<string>? _active;

    public SimulatedSilo(SimulatedCluster cluster, SiloAddress address)
    {
        _cluster = cluster;
        Address = address;
        Name = address.ToParsableString();
        Process = new SimulatedProcess(cluster.World);
        Engine = ReplayEngine.DrivenByHand(new ReplayOptions { Lanes = 1 }, Process.Time);
        Database = cluster.Database.For(Process, () => IsCutFromDatabase);
        Players = new CohortPlayers(
            new CohortServices
            {
                Engine = Engine,
                Timelines = cluster.Timelines,
                Store = Database,
                OpenOutput = (_, _, _, _) => null,
                Coordinators = this,
                IsOverloaded = () => IsOverloaded,
                Silo = Name,
                Time = Process.Time,
                Logger = NullLogger<CohortPlayer>.Instance,
            },
            NullLogger<CohortPlayers>.Instance);
    }

    public SiloAddress Address { get; }
    public string Name { get; }
    public SimulatedProcess Process { get; }
    public ReplayEngine Engine { get; }
    public CohortPlayers Players { get; }
    public SimulatedDatabase.Connection Database { get; }

    public bool IsOverloaded { get; set; }

    /// <summary>Whether no other silo can reach it, nor it them.</summary>
    public bool IsIsolated { get; set; }

    public bool IsCutFromDatabase { get; set; }

    /// <summary>Whether it has left the cluster, whatever it knows of that itself.</summary>
    public bool HasLeft { get; private set; }

    public IReadOnlySet<string> Active =>
        _active ??= _cluster.Silos.Where(silo => !_left.Contains(silo)).Select(silo => silo.Name).ToHashSet(StringComparer.Ordinal);

    private SimulatedWorld World => _cluster.World;

    public void Start()
    {
        foreach (var other in _cluster.Silos.Where(other => other.HasLeft)) _left.Add(other);
        foreach (var other in _cluster.Silos) other._active = null;
        World.After(World.Between(100, 2000), Process, () => _ = ScanAsync());
    }

    /// <summary>Dies without a word. The others find out some seconds later.</summary>
    public void Kill()
    {
        World.Log($"{Name} is killed");
        Process.IsDead = true;
        DeclareDead(World.Between(1500, 6000));
    }

    /// <summary>Does not run for some time. When that is long the others declare it dead, and it ends itself once it runs again.</summary>
    public void Pause(TimeSpan time)
    {
        World.Log($"{Name} is paused for {time}");
        Process.PausedUntil = World.Now + (time.Ticks * 100);
        if (time < TimeSpan.FromSeconds(4)) return;
        DeclareDead(World.Between(3000, 4000));
        World.After(time + World.Between(0, 3000), Process, () => Process.IsDead = true);
    }

    /// <summary>Is cut off. The others declare it dead; it ends itself when it learns of it.</summary>
    public void Isolate(bool fromDatabase)
    {
        (IsIsolated, IsCutFromDatabase) = (true, fromDatabase);
        World.Log($"{Name} is isolated, from the database: {fromDatabase}");
        DeclareDead(World.Between(2000, 5000));
        World.After(World.Between(2000, 20_000), Process, () => Process.IsDead = true);
    }

    /// <summary>Shuts down in order: hands its cohorts over, lets its coordinator go, and leaves.</summary>
    public void Drain() => World.Post(Process, () => _ = DrainAsync());

    public async Task<IReadOnlyList<(SiloAddress Silo, SiloLoad Load)>> ListAsync(IReadOnlyList<PlannedFile> bundle)
    {
        var silos = _cluster.Silos.Where(silo => !_left.Contains(silo)).ToArray();
        List<(SiloAddress, SiloLoad)> found = [];
        var answers = silos.Select(silo => _cluster.CallAsync(Process, this, silo, () => Task.FromResult(silo.Load()))).ToArray();
        for (var i = 0; i < silos.Length; i++)
        {
            try
            {
                if (await answers[i] is { Draining: false } load) found.Add((silos[i].Address, load));
            }
            catch (TimeoutException)
            {
                // It gets no agents for now.
            }
        }
        return found;
    }

    public Task PlayAsync(string silo, CohortKey cohort)
    {
        var target = _cluster.Silos.Single(other => other.Name == silo);
        return _cluster.CallAsync(Process, this, target, () =>
        {
            target.Players.Play(cohort);
            return Task.FromResult(0);
        });
    }

    public Task FollowAsync(string silo, CohortKey cohort, Directive directive)
    {
        var target = _cluster.Silos.Single(other => other.Name == silo);
        return _cluster.CallAsync(Process, this, target, async () =>
        {
            if (target.Players.Find(cohort) is { } player) await player.FollowAsync(directive);
            return 0;
        });
    }

    public Task<Directive> ReportAsync(RunKey run, CohortReport report) => CallCoordinatorAsync(Process, async grain => await grain.ReportAsync(report));

    /// <summary>Calls the coordinator where this silo takes it to be, or has it activated.</summary>
    public Task<T> CallCoordinatorAsync<T>(SimulatedProcess caller, Func<SimulatedGrain, Task<T>> call)
    {
        if (!IsUsable(_cached)) _cached = _cluster.Directory;
        if (!IsUsable(_cached))
        {
            var hosts = _cluster.Silos.Where(silo => !_left.Contains(silo) && !silo.Players.IsDraining).ToArray();
            if (hosts.Length == 0) return Task.FromException<T>(new OrleansException("No silo takes the grain."));
            World.Log($"{Name} has the coordinator activated");
            _cached = _cluster.Directory = new SimulatedGrain(_cluster, hosts[World.Random.Next(hosts.Length)]);
        }
        var grain = _cached!;
        return _cluster.CallAsync(caller, this, grain.Silo, () => call(grain));
    }

    private bool IsUsable(SimulatedGrain? grain) => grain is { IsGone: false } && !_left.Contains(grain.Silo);

    private SiloLoad Load()
    {
        var load = Engine.GetLoad();
        return new SiloLoad(load.Agents, load.MessageRate, false, Players.IsDraining, IsOverloaded);
    }

    private async Task ScanAsync()
    {
        while (!Players.IsDraining)
        {
            try
            {
                if (await Database.LoadAsync(1, default) is { } state && !state.Status.IsTerminal()) await CallCoordinatorAsync(Process, async grain => await grain.StartAsync());
            }
            catch (Exception exception) when (exception is TimeoutException or OrleansException)
            {
                // The next scan tries again.
            }
            await Task.Delay(ScanInterval, Process.Time);
        }
    }

    private async Task DrainAsync()
    {
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(20), Process.Time);
        World.Log($"{Name} drains");
        await Players.StopAsync(within.Token);
        if (_cluster.Directory is { } grain && grain.Silo == this) await grain.LeaveAsync();
        World.Log($"{Name} leaves");
        Leave();
        Process.IsDead = true;
    }

    private void DeclareDead(TimeSpan after)
    {
        World.After(after, new SimulatedProcess(World), () =>
        {
            HasLeft = true;
            // Each silo learns of it in its own time.
            foreach (var other in _cluster.Silos.Where(other => other != this)) World.After(World.Between(0, 500), other.Process, () => other.Learn(this));
        });
    }

    private void Leave()
    {
        HasLeft = true;
        foreach (var other in _cluster.Silos) other.Learn(this);
    }

    private void Learn(SimulatedSilo dead)
    {
        _left.Add(dead);
        _active = null;
    }
}

/// <summary>The execution's grain on a silo.</summary>
internal sealed class SimulatedGrain : IActivationHost, IDisposable
{
    private static readonly TimeSpan PublishInterval = TimeSpan.FromSeconds(1);

    private readonly SimulatedCluster _cluster;
    private readonly RunActivation _activation;
    private bool _isDeactivated;

    public SimulatedGrain(SimulatedCluster cluster, SimulatedSilo silo)
    {
        (_cluster, Silo) = (cluster, silo);
        _activation = new RunActivation(new RunKey(RunKind.Execution, 1), silo.Database, silo, cluster.Rebalance, this, silo.Process.Time, NullLogger.Instance);
    }

    public SimulatedSilo Silo { get; }

    /// <summary>Whether calls have to go to another activation.</summary>
    public bool IsGone => Silo.HasLeft || _isDeactivated;

    public async Task<Directive> ReportAsync(CohortReport report) => (await _activation.CoordinatorAsync()).Report(report);

    public async Task<RunStatus> StartAsync() => (await _activation.CurrentAsync()).State.Status;

    public async Task<RunStatus?> CommandAsync(RunCommand command, long seen)
    {
        var coordinator = await _activation.CoordinatorAsync();
        return await coordinator.CommandAsync(command, seen) ? coordinator.State.Status : null;
    }

    public Task LeaveAsync()
    {
        _isDeactivated = true;
        return _activation.LeaveAsync();
    }

    public void Dispose() => _activation.Dispose();

    public async Task AccompanyAsync(RunCoordinator coordinator, CancellationToken ended)
    {
        if (_cluster.Published is { } shown) coordinator.Restore(shown);
        while (!ended.IsCancellationRequested)
        {
            Publish(coordinator);
            await Task.Delay(PublishInterval, Silo.Process.Time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        if (coordinator.State.Status.IsTerminal()) Publish(coordinator);
    }

    public void KeepFor(TimeSpan time)
    {
    }

    public void Deactivate()
    {
        _cluster.World.Log($"the coordinator on {Silo.Name} ends");
        _isDeactivated = true;
    }

    private void Publish(RunCoordinator coordinator)
    {
        var view = coordinator.View();
        if (_cluster.Published is { } before && view.OverallProgress < before.OverallProgress) coordinator.Restore(before);
        else _cluster.Published = view;
    }
}
