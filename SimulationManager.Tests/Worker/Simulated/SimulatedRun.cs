using SimulationManager.Core.Bundles;
using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker.Simulated;

/// <summary>Plays a <see cref="SimulatedPlan"/> and returns what the auditor finds wrong.</summary>
internal sealed class SimulatedRun : ITimelines, IDisposable
{
    private static readonly TimeSpan EndsWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Afterwards = TimeSpan.FromSeconds(20);

    private readonly SimulatedWorld _world;
    private readonly SimulatedPlan _plan;
    private readonly SimulatedDatabase _database;
    private readonly SimulatedCluster _cluster;
    private readonly SimulatedProcess _client;
    private readonly Auditor _auditor;
    private long _overAt = long.MaxValue;

    private SimulatedRun(SimulatedPlan plan, Action<string>? log)
    {
        _plan = plan;
        _world = new SimulatedWorld(plan.Seed, log);
        _client = new SimulatedProcess(_world);
        _database = new SimulatedDatabase(_world, RowOf(plan.Plan, _client.Time.GetUtcNow()), plan.PoisonedPart);
        _cluster = new SimulatedCluster(_world, _database, this, plan.Rebalance);
        _auditor = new Auditor(plan, _cluster);
    }

    /// <summary>Plays it on this thread.</summary>
    /// <param name="plan">What happens.</param>
    /// <param name="log">Takes what happens, a line each; null: nobody reads it.</param>
    public static Auditor Play(SimulatedPlan plan, Action<string>? log = null)
    {
        using var run = new SimulatedRun(plan, log);
        run.Play();
        return run._auditor;
    }

    public void Dispose() => _cluster.Dispose();

    public async Task<IPartTimeline> OpenAsync(PlannedPart part, CancellationToken cancellationToken)
    {
        // The clock of whoever asks: its process may die meanwhile.
        var process = (SimulatedProcess)SynchronizationContext.Current!;
        await Task.Delay(_world.Chance(0.1) ? _world.Between(500, 6000) : _world.Between(1, 500), process.Time, cancellationToken);
        var isBad = part.Number == _plan.BadPart;
        if (isBad && !_plan.IsBadLater) throw Unreadable();
        var (messages, duration) = _plan.Bags[part.Number];
        var step = messages == 0 ? 0 : duration.Ticks * 100 / messages;
        var timeline = new ReplayTimeline(
            [.. Enumerable.Range(0, messages).Select(index => index * step)], new ushort[messages], [.. Enumerable.Repeat(10, messages)], ["/a"], duration.Ticks * 100);
        return new Timeline(timeline, isBad ? FindOutAsync(process) : Task.CompletedTask);
    }

    private async Task FindOutAsync(SimulatedProcess process)
    {
        await Task.Delay(_world.Between(1, 8000), process.Time);
        throw Unreadable();
    }

    private static BundleUnusableException Unreadable() => new("the bag cannot be read");

    private void Play()
    {
        for (var silo = 0; silo < _plan.Silos; silo++) _cluster.Join();
        foreach (var (at, fault, time) in _plan.Faults) _world.After(at, _client, () => Break(fault, time));
        _world.Post(_client, () => _ = CommandAsync());
        _world.Post(_client, () => _ = AuditAsync());
        _world.Run(() => _cluster.RunEngines(_auditor.Played), IsOver);
        _auditor.CheckEnd(_world.Unhandled);
    }

    private bool IsOver()
    {
        if (_database.Row.Status.IsTerminal() && _overAt == long.MaxValue) _overAt = _world.Now + (Afterwards.Ticks * 100);
        return (_world.Now >= _overAt && _world.Elapsed >= _auditor.Recovered) || _world.Elapsed > EndsWithin;
    }

    private async Task AuditAsync()
    {
        while (true)
        {
            await Task.Delay(TimeSpan.FromSeconds(1), _client.Time);
            _auditor.CheckNow();
        }
    }

    /// <summary>Gives the plan's commands one after another, each again and again until it is acknowledged or the run has ended; at last lets a paused run go on.</summary>
    private async Task CommandAsync()
    {
        foreach (var (at, command) in _plan.Commands)
        {
            if (at > _world.Elapsed) await Task.Delay(at - _world.Elapsed, _client.Time);
            await GiveAsync(command);
        }
        await Task.Delay(TimeSpan.FromSeconds(60) - _world.Elapsed > TimeSpan.Zero ? TimeSpan.FromSeconds(60) - _world.Elapsed : TimeSpan.Zero, _client.Time);
        await GiveAsync(new RunCommand.Resume());
    }

    private async Task GiveAsync(RunCommand command)
    {
        _world.Log($"a client asks for {command}");
        _auditor.Given(command);
        var database = _database.For(_client, () => false);
        while (!_database.Row.Status.IsTerminal())
        {
            try
            {
                var gateways = _cluster.Silos.Where(silo => !silo.Process.IsDead && !silo.HasLeft && !silo.IsIsolated).ToArray();
                if (gateways.Length > 0)
                {
                    var silo = gateways[_world.Random.Next(gateways.Length)];
                    var seen = (await database.LoadAsync(1, default))!.Desired.CommandEpoch;
                    if (await silo.CallCoordinatorAsync(_client, grain => grain.CommandAsync(command, seen)) is { } status)
                    {
                        if (!status.IsTerminal()) _auditor.Acknowledged(command);
                        return;
                    }
                }
            }
            catch (AgentChangeRefusedException refused)
            {
                _world.Log($"refused: {refused.Reason}");
                _auditor.Refused((RunCommand.ChangeAgents)command, refused.Reason);
                return;
            }
            catch (Exception exception) when (exception is TimeoutException or Orleans.Runtime.OrleansException)
            {
                // As a client that is told to try again.
            }
            await Task.Delay(_world.Between(50, 1000), _client.Time);
        }
    }

    private void Break(SimulatedFault fault, TimeSpan time)
    {
        _world.Log($"{fault} for {time.TotalSeconds:0.0} s");
        _auditor.Disturbed(time);
        var alive = _cluster.Silos.Where(silo => !silo.Process.IsDead && !silo.HasLeft && !silo.IsIsolated && silo.Process.PausedUntil <= _world.Now && !silo.Players.IsDraining).ToArray();
        if (fault <= SimulatedFault.IsolateSilo)
        {
            // As whoever runs the cluster does: what leaves is replaced.
            if (alive.Length <= 1) _cluster.Join();
            else _world.After(_world.Between(1000, 8000), _client, () => _cluster.Join());
            if (alive.Length == 0) return;
        }
        switch (fault)
        {
            case SimulatedFault.KillSilo: alive[_world.Random.Next(alive.Length)].Kill(); break;
            case SimulatedFault.DrainSilo: alive[_world.Random.Next(alive.Length)].Drain(); break;
            case SimulatedFault.PauseSilo: alive[_world.Random.Next(alive.Length)].Pause(time); break;
            case SimulatedFault.IsolateSilo: alive[_world.Random.Next(alive.Length)].Isolate(_world.Chance(0.5)); break;
            case SimulatedFault.JoinSilo: _cluster.Join(); break;
            case SimulatedFault.DatabaseAway: During(time, on => _database.IsAway = on); break;
            case SimulatedFault.DatabaseSlow: During(time, on => _database.IsSlow = on); break;
            case SimulatedFault.DatabaseLosesAnswers: During(time, on => _database.LosesAnswers = on); break;
            case SimulatedFault.Overload when alive.Length > 0:
                var silo = alive[_world.Random.Next(alive.Length)];
                During(time, on => silo.IsOverloaded = on);
                break;
            case SimulatedFault.Overload: break;
            case SimulatedFault.NetworkLossy: During(time, on => _cluster.IsLossy = on); break;
            default: throw new ArgumentOutOfRangeException(nameof(fault));
        }
    }

    private void During(TimeSpan time, Action<bool> set)
    {
        set(true);
        _world.After(time, _client, () => set(false));
    }

    private static Execution RowOf(ExecutionPlan plan, DateTimeOffset now) => new()
    {
        Id = 1,
        SimulationId = 1,
        PatternType = plan.PatternType,
        Status = RunStatus.Pending,
        Plan = plan,
        Message = "",
        CreatedAt = now,
        LastUpdated = now,
        Parts = [.. plan.Parts.Select(part => new ExecutionPart { ExecutionId = 1, Number = part.Number, Status = RunStatus.Pending, AutonomousAgents = part.AutonomousAgentCount, TotalRepeats = part.RepeatCount })],
    };

    private sealed record Timeline(ReplayTimeline Bag, Task Complete) : IPartTimeline
    {
        ReplayTimeline IPartTimeline.Timeline => Bag;

        public void Dispose()
        {
        }
    }
}
