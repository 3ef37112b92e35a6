using SimulationManager.Core.Grains;
using SimulationManager.Core.Model;
using SimulationManager.Replay;
using SimulationManager.Worker.Executions;

namespace SimulationManager.Tests.Worker.Simulated;

/// <summary>
/// Judges a simulated run by what clients were answered, what agents put out and what is in the database, with rules of its own.
/// </summary>
internal sealed class Auditor(SimulatedPlan plan, SimulatedCluster cluster)
{
    private static readonly string[] FaultKinds = [FaultWords.Drop, FaultWords.Delay, FaultWords.Freeze];

    /// <summary>How long after a fault takeovers may take.</summary>
    private static readonly TimeSpan RecoversWithin = TimeSpan.FromSeconds(15);

    /// <summary>How long after its acknowledgement a command may take to act, when nothing is broken.</summary>
    private static readonly TimeSpan ActsWithin = TimeSpan.FromSeconds(2);

    /// <summary>How long a cohort may take to fetch its bundle and to begin.</summary>
    private static readonly TimeSpan BeginsWithin = TimeSpan.FromSeconds(10);

    private readonly Dictionary<long, TimeSpan> _firstSeen = [];

    private readonly Dictionary<(CohortKey Cohort, long Instance), (long Part, long From, long To)> _played = [];
    private readonly HashSet<string> _violations = [];
    private readonly Dictionary<Guid, (int Count, AgentChangeRefusal? Refusal)> _agentChanges = [];

    /// <summary>What had been asked for when an addition was acknowledged.</summary>
    private readonly Dictionary<Guid, (long SeekEpoch, long Released)> _additions = [];
    private TimeSpan _acknowledged;
    private RunCommand? _pending;
    private bool _paused;

    /// <summary>The version of the state with which agents were paused; null while they are not.</summary>
    private long? _pausedVersion;
    private readonly Dictionary<(CohortKey Cohort, long Instance), AgentCheckpoint> _takenOver = [];

    /// <summary>What was acknowledged of faults for each part, whether it had ended by then or not.</summary>
    private readonly Dictionary<long, FaultOptions[]> _injected = plan.Plan.Parts.ToDictionary(part => part.Number, _ => Array.Empty<FaultOptions>());
    private int _injections;

    /// <summary>Messages that agents had put out, and that faults had met, when all followed what was injected last.</summary>
    private readonly Dictionary<(CohortKey Cohort, long Instance), (int Injections, long Out, long Met)> _met = [];

    /// <summary>The last position that was asked for, and when; while agents are paused they stay there.</summary>
    private (TimeSpan Position, TimeSpan Given)? _seek;
    private TimeSpan _given;
    private double? _rate;
    private TimeSpan _position;
    private bool _stopAcknowledged;
    private double _progress;

    public IReadOnlyCollection<string> Violations => _violations;

    /// <summary>When takeovers after the faults so far are over.</summary>
    public TimeSpan Recovered { get; private set; }

    /// <summary>What happened, for the coverage of a campaign.</summary>
    public HashSet<string> Seen { get; } = [];

    /// <summary>Differs between two runs in which anything differs.</summary>
    public ulong Trace => Database.Trace;

    private SimulatedDatabase Database => cluster.Database;

    /// <summary>A client asks for something.</summary>
    public void Given(RunCommand command)
    {
        _pending = command;
        if (command is RunCommand.Resume) _pausedVersion = null;
        _given = cluster.World.Elapsed;
    }

    /// <summary>A client was answered that it is so.</summary>
    public void Acknowledged(RunCommand command)
    {
        _pending = null;
        _acknowledged = cluster.World.Elapsed;
        Seen.Add($"command {command.GetType().Name}");
        if (command is RunCommand.Pause) (_paused, _pausedVersion) = (true, _pausedVersion ?? Database.Row.StateVersion);
        if (command is RunCommand.Resume) (_paused, _seek) = (false, null);
        if (command is RunCommand.Seek seek) (_position, _seek) = (seek.Position, _paused ? (seek.Position, _given) : null);
        if (command is RunCommand.SetRate set) _rate = set.Rate;
        if (command is RunCommand.Stop) _stopAcknowledged = true;
        if (command is RunCommand.InjectFaults inject) Injected(inject);
        if (command is not RunCommand.ChangeAgents change) return;
        _agentChanges[change.Id] = (change.Count, null);
        _additions[change.Id] = (Database.Row.SeekEpoch, Database.Row.Released);
        Seen.Add($"agents {(change.Count > 0 ? "added" : "removed")} while {(_paused ? "paused" : "playing")}");
    }

    private void Injected(RunCommand.InjectFaults command)
    {
        _injections++;
        foreach (var asked in command.Parts)
            foreach (var number in _injected.Keys.Where(number => asked.Part is null || asked.Part == number)) _injected[number] = asked.Faults;
    }

    /// <summary>A client was answered that agents are neither added nor removed.</summary>
    public void Refused(RunCommand.ChangeAgents change, AgentChangeRefusal reason)
    {
        _pending = null;
        _agentChanges[change.Id] = (change.Count, reason);
        Seen.Add($"agents refused: {reason}");
    }

    /// <summary>Something breaks for some time.</summary>
    public void Disturbed(TimeSpan time)
    {
        var recovered = cluster.World.Elapsed + time + RecoversWithin;
        if (recovered > Recovered) Recovered = recovered;
    }

    /// <summary>Notes what the agents of a silo have put out.</summary>
    public void Played(SimulatedSilo silo)
    {
        foreach (var player in silo.Players.List())
        {
            if (!Database.Cohorts.TryGetValue(player.Key.CohortId, out var row)) continue;
            foreach (var agent in player.Cohort!.SnapshotAsync().Result.Agents)
            {
                var index = IndexOf(row.PartNumber, agent);
                var key = (player.Key, agent.InstanceId);
                // What it goes on from is in its row, which is not saved anew before it has put something out.
                if (!_played.TryGetValue(key, out var known)) known = (row.PartNumber, IndexOf(row.PartNumber, CohortCheckpoint.FromBytes(row.Checkpoint).Agents.Single(other => other.InstanceId == agent.InstanceId)), 0);
                // One that has not begun stands where it will begin, which need not be the start.
                _played[key] = agent.State == AgentState.Ready ? known : known with { To = index };
                CheckTakenOver(key, row, agent);
            }
        }
    }

    /// <summary>Checks what must hold at any time.</summary>
    public void CheckNow()
    {
        // A coordinator that was away when the run ended may say once more how far it was.
        if (cluster.Published is { } shown && !Database.Row.Status.IsTerminal())
        {
            Must(shown.OverallProgress >= _progress, "progress does not go back");
            _progress = shown.OverallProgress;
        }
        foreach (var silo in cluster.Silos.Where(silo => !silo.Process.IsDead)) Note(silo);
        if (_pending is null && !Database.Row.Status.IsTerminal()) CheckDesired(Database.Row);
        if (cluster.World.Elapsed < Recovered || cluster.World.Elapsed < _acknowledged + ActsWithin || _pending is not null || Database.Row.Status.IsTerminal()) return;
        foreach (var silo in cluster.Silos.Where(silo => !silo.Process.IsDead && !silo.IsIsolated))
        {
            foreach (var player in silo.Players.List()) CheckFollows(player);
        }
    }

    /// <summary>Checks what must hold once the run is over.</summary>
    public void CheckEnd(IReadOnlyList<Exception> unhandled)
    {
        foreach (var exception in unhandled) Must(false, $"nothing fails unseen: {exception}");
        var row = Database.Row;
        if (Database.HandOvers > 0) Seen.Add("agents handed over");
        foreach (var (from, to) in Database.States.Zip(Database.States.Skip(1))) Seen.Add($"execution {from} → {to}");
        Must(row.Status.IsTerminal(), $"the run ends; it is {row.Status} with {string.Join(", ", row.Parts.Select(part => $"{part.Number} {part.Status}"))}");
        if (!row.Status.IsTerminal()) return;
        Must(Database.States.Count(state => state.IsTerminal()) == 1 && Database.States.Count <= 3, $"one terminal state, not {string.Join(" → ", Database.States)}");
        Must(Database.Cohorts.Count == 0, "no cohort is left in the database");
        Must(row.EndedAt >= row.StartedAt, "it ends after its start");
        // Of two coordinators at a time, the one that ends the run may not have heard yet what the other one has shown.
        Must(row.OverallProgress >= _progress || plan.CutsSilosOff, $"progress does not go back at the end: from {_progress} to {row.OverallProgress}");
        foreach (var silo in cluster.Silos.Where(silo => !silo.Process.IsDead && !silo.IsIsolated))
            Must(silo.Players.List().Count == 0 && silo.Engine.GetLoad().Agents == 0, "silos forget the agents of a run that has ended");
        CheckOutcome(row);
        foreach (var part in row.Parts) CheckPart(row, part);
        CheckAgentChanges(row);
        Must(row.MessagesOut == Database.Instances.Sum(instance => instance.MessagesOut), "the run has the sum of its agents' messages");
    }

    private void CheckOutcome(Execution row)
    {
        switch (row.Status)
        {
            case RunStatus.Completed:
                Must(!_stopAcknowledged, "a stop that was acknowledged stops the run");
                Must(row.OverallProgress == 100 && row.Parts.All(part => part.Status == RunStatus.Completed), "all parts of a completed run are completed");
                break;
            case RunStatus.Stopped:
                Must(plan.Stops, "a run that nobody stopped is not stopped");
                break;
            default:
                if (plan.PoisonedPart > 0) Seen.Add("given up");
                Must(plan.BadPart > 0 || plan.PoisonedPart > 0, $"a run with good bundles does not fail: {row.Message}");
                break;
        }
    }

    private void CheckPart(Execution row, ExecutionPart part)
    {
        var planned = plan.Plan.Parts.Single(other => other.Number == part.Number);
        var (messages, _) = plan.Bags[part.Number];
        var states = Database.PartStates[part.Number];
        foreach (var (from, to) in states.Zip(states.Skip(1))) Seen.Add($"part {from} → {to}");
        Must(states.Count(state => state.IsTerminal()) <= 1, $"one terminal state of a part, not {string.Join(" → ", states)}");
        Must(part.Status != RunStatus.Running, "no part runs on");
        var rows = Database.Instances.Where(instance => instance.PartNumber == part.Number).ToArray();
        if (part.Status == RunStatus.Pending)
        {
            Must(rows.Length == 0, "a part that was never played has no outcomes");
            return;
        }
        var first = 1 + plan.Plan.Parts.TakeWhile(other => other.Number != part.Number).Sum(other => other.AutonomousAgentCount);
        var (added, removed) = (NumbersOf(part, change => change.Count > 0), NumbersOf(part, change => change.Count < 0));
        long[] all = [.. Enumerable.Range(first, planned.AutonomousAgentCount), .. added];
        Must(rows.Select(instance => instance.InstanceId).Order().SequenceEqual(all.Order()), $"each agent has one outcome: {string.Join(", ", rows.Select(instance => instance.InstanceId).Order())} of {string.Join(", ", all)}");
        Must(removed.All(all.Contains) && removed.Distinct().Count() == removed.Length && removed.Length < all.Length, "agents of the part are removed, each once, and not all");
        Must(part.AutonomousAgents == all.Length - removed.Length, $"a part has {all.Length - removed.Length} agents, not {part.AutonomousAgents}");
        foreach (var instance in rows) CheckEnd(part, instance, removed.Contains(instance.InstanceId));
        Must(part.MessagesOut == rows.Sum(instance => instance.MessagesOut), "a part has the sum of its agents' messages");
        foreach (var gap in part.Gaps)
            Must(gap.From <= gap.To && gap.From >= part.StartedAt && gap.To <= part.EndedAt && gap.Agents >= 1 && gap.Agents <= all.Length, $"the gap {gap} lies within its part, {part.StartedAt:O} to {part.EndedAt:O}");
        if (part.Gaps.Count > 0) Seen.Add("gap");
        Must(part.PausedSeconds >= 0 && part.PausedSeconds <= (part.EndedAt!.Value - part.StartedAt.GetValueOrDefault(part.EndedAt.Value)).TotalSeconds + 0.001, $"a part is not paused for longer than it lasts: {part.PausedSeconds} s");
        if (part.PausedSeconds > 0) Seen.Add("paused part");
        foreach (var kind in FaultKinds)
        {
            Must(part.Faults.GetValueOrDefault(kind) == rows.Sum(instance => instance.Faults.GetValueOrDefault(kind)), $"a part has the sum of its agents' faults of the kind {kind}");
            if (part.Faults.ContainsKey(kind)) Seen.Add($"fault {kind}");
        }
        Must(rows.All(instance => instance.Faults.Values.Sum() <= instance.MessagesOut), "no message is counted for more than one of the plan's faults");
        if (plan.Seeks || planned.Playback!.Loop) return;
        Must(rows.All(instance => instance.MessagesOut <= planned.RepeatCount * messages), "no message is counted twice");
        if (part.Status != RunStatus.Completed || planned.ExecutionTime < 100) return;
        rows = [.. rows.Where(instance => !removed.Contains(instance.InstanceId))];
        if (removed.Length == 0) Must(part.MessagesOut == part.MessagesPlanned, $"a completed part has put out the {part.MessagesPlanned} messages that were planned, not {part.MessagesOut}");
        Must(rows.All(instance => (instance.MessagesOut == planned.RepeatCount * messages || planned.Fleet?.Stagger is not null) && instance.RepeatsCompleted == planned.RepeatCount), $"every message of a completed part is counted: {string.Join(", ", rows.Select(instance => $"{instance.InstanceId} {instance.Status} {instance.MessagesOut} in {instance.RepeatsCompleted} passes"))} of {planned.RepeatCount * messages}");
        if (part.Gaps.Count == 0) CheckWire(part.Number, (long)planned.RepeatCount * messages, isStaggered: planned.Fleet?.Stagger is not null);
    }

    /// <summary>Agents that were removed are stopped unless they had ended before, and the others end as their part does.</summary>
    private void CheckEnd(ExecutionPart part, ExecutionInstance instance, bool isRemoved)
    {
        var right = (part.Status, isRemoved) switch
        {
            (RunStatus.Completed, false) => instance.Status == RunStatus.Completed,
            (RunStatus.Completed or RunStatus.Stopped, _) => instance.Status is RunStatus.Stopped or RunStatus.Completed,
            _ => true,
        };
        Must(right, $"agent {instance.InstanceId} of a part that is {part.Status} ends {(isRemoved ? "STOPPED, as it was removed" : "like the part")}, not {instance.Status}");
        if (isRemoved) Seen.Add($"removed agent {instance.Status}{(instance.Silo is null ? " without a silo" : "")}");
    }

    /// <summary>What was acknowledged was done once, what was refused never, and no number was given twice.</summary>
    private void CheckAgentChanges(Execution row)
    {
        var made = row.Parts.SelectMany(part => part.AgentChanges).ToLookup(change => change.Id);
        foreach (var (id, (count, refusal)) in _agentChanges)
        {
            Must(made[id].Count() == (refusal is null ? 1 : 0), $"a change by {count} agents that was {(refusal is null ? "acknowledged is made once" : $"refused ({refusal}) is not made")}, but {made[id].Count()} times");
            Must(made[id].All(change => change.Count == count && change.Agents.Sum(range => range.Last - range.First + 1) == Math.Abs(count)), $"as many agents as were asked for, {count}");
        }
        Must(made.All(changes => changes.Count() == 1), "no change is made twice");
        var (planned, added) = (plan.Plan.Parts.Sum(part => part.AutonomousAgentCount), row.Parts.SelectMany(part => NumbersOf(part, change => change.Count > 0)).Order().ToArray());
        Must(added.SequenceEqual(Enumerable.Range(planned + 1, added.Length).Select(number => (long)number)), $"agents that are added get the next numbers after {planned}: {string.Join(", ", added)}");
    }

    private static long[] NumbersOf(ExecutionPart part, Func<AgentCountChange, bool> which) =>
        [.. part.AgentChanges.Where(which).SelectMany(change => change.Agents).SelectMany(range => range.Numbers())];

    /// <summary>When an agent was added, and what had been asked for before; null: it is of the plan, or nobody was answered yet.</summary>
    private (DateTimeOffset At, long SeekEpoch, long Released)? AdditionOf(long agent) => Database.Row.Parts.SelectMany(part => part.AgentChanges)
        .Where(change => change.Count > 0 && change.Agents[0].First <= agent && change.Agents[0].Last >= agent && _additions.ContainsKey(change.Id))
        .Select(change => ((DateTimeOffset, long, long)?)(change.At, _additions[change.Id].SeekEpoch, _additions[change.Id].Released))
        .FirstOrDefault();

    /// <summary>Without a gap each agent has put out each message once, whoever played it.</summary>
    private void CheckWire(long part, long end, bool isStaggered)
    {
        foreach (var agent in _played.Where(entry => entry.Value.Part == part).GroupBy(entry => entry.Key.Instance))
        {
            // Where an agent that does not begin at the start begins, the sum of the planned messages tells.
            var at = isStaggered ? agent.Where(entry => entry.Value.To > entry.Value.From).Select(entry => entry.Value.From).DefaultIfEmpty().Min() : 0;
            foreach (var (_, from, to) in agent.Select(entry => entry.Value).Where(stretch => stretch.To > stretch.From).OrderBy(stretch => stretch.From))
            {
                Must(from == at, $"without a gap no message is left out or repeated: agent {agent.Key} went on at {from} after {at}");
                at = to;
            }
            Must(at <= end, $"agent {agent.Key} put out no more than there is");
        }
    }

    /// <summary>Agents that other silos take over while they are paused put nothing out there.</summary>
    private void CheckTakenOver((CohortKey Cohort, long Instance) key, ExecutionCohort row, AgentCheckpoint agent)
    {
        if (!_takenOver.TryGetValue(key, out var before))
            _takenOver[key] = before = CohortCheckpoint.FromBytes(row.Checkpoint).Agents.Single(other => other.InstanceId == agent.InstanceId);
        foreach (var start in before.FaultStarts ?? [])
        {
            if ((agent.FaultStarts ?? []).FirstOrDefault(other => (other.Place, other.Epoch) == (start.Place, start.Epoch)) is not { Epoch: > 0 } now) continue;
            Must(now == start, $"an injected fault goes on for agent {agent.InstanceId} from where it began, {start}, not {now}");
            Seen.Add("injected fault went on");
        }
        if (_pausedVersion is { } version && key.Cohort.CohortId / RunRows.CohortsPerVersion > version)
            Must(agent.MessagesOut - before.MessagesOut <= Database.Row.Released - (AdditionOf(agent.InstanceId)?.Released ?? 0), $"agent {agent.InstanceId}, taken over while it was paused, puts nothing out but what is released");
    }

    /// <summary>While no command waits for its answer, the database has what was acknowledged last, whatever is still on its way.</summary>
    private void CheckDesired(Execution row)
    {
        Must(
            (row.PausedAt is not null, row.Rate, row.SeekPosition, row.StopRequested) == (_paused, _rate, _position, _stopAcknowledged),
            $"a command that was acknowledged is not undone: paused {row.PausedAt is not null}, rate {row.Rate}, position {row.SeekPosition}, stop {row.StopRequested} instead of {_paused}, {_rate}, {_position}, {_stopAcknowledged}");
        foreach (var part in row.Parts.Where(part => !part.Status.IsTerminal()))
            Must(part.InjectedFaults.Select(fault => fault.Fault).SequenceEqual(_injected[part.Number]), $"part {part.Number} has the faults that were acknowledged last: {string.Join(", ", part.InjectedFaults)}");
    }

    /// <summary>Agents meet what is injected: every message when all are to be lost, none when nothing is planned or injected.</summary>
    private void CheckInjected(CohortPlayer player, ExecutionPart part, PlannedPart planned, AgentCheckpoint[] agents)
    {
        var asked = part.InjectedFaults.Select(fault => (fault.Place, fault.Epoch)).ToArray();
        Must(player.Cohort!.Injected.Select(fault => (fault.Place, fault.Epoch)).SequenceEqual(asked), "agents meet the faults that are injected");
        var losesAll = _injected[part.Number].Any(fault => fault is { Kind: FaultKind.Drop, Rate: 1, Share: null });
        var losesNone = asked.Length == 0 && planned.Fleet is null;
        foreach (var agent in agents)
        {
            var (key, met) = ((player.Key, agent.InstanceId), agent.Faults.ToArray().Sum());
            if (_met.TryGetValue(key, out var before) && before.Injections == _injections && agent.MessagesOut > before.Out)
            {
                if (losesAll) Must(met - before.Met == agent.MessagesOut - before.Out, $"agent {agent.InstanceId} loses all messages while that is injected, not {met - before.Met} of {agent.MessagesOut - before.Out}");
                if (losesNone) Must(met == before.Met, $"agent {agent.InstanceId} loses nothing once nothing is injected, not {met - before.Met} messages");
                if (losesAll) Seen.Add("settled injection");
                if (losesNone && _injections > 0) Seen.Add("settled without injection");
            }
            _met[key] = (_injections, agent.MessagesOut, met);
        }
    }

    private void CheckFollows(CohortPlayer player)
    {
        if (!Database.Cohorts.TryGetValue(player.Key.CohortId, out var row)) return;
        var part = Database.Row.Parts.Single(part => part.Number == row.PartNumber);
        if (!_firstSeen.TryGetValue(row.CohortId, out var first)) _firstSeen[row.CohortId] = first = cluster.World.Elapsed;
        if (cluster.World.Elapsed < first + BeginsWithin && player.Cohort!.SnapshotAsync().Result.Agents.Any(agent => agent.State == AgentState.Ready)) return;
        if (part.Status != RunStatus.Running || part.StartedAt - Database.Row.CreatedAt > cluster.World.Elapsed - ActsWithin) return;
        var planned = plan.Plan.Parts.Single(part => part.Number == row.PartNumber);
        var cohort = player.Cohort!;
        var agents = cohort.SnapshotAsync().Result.Agents.Where(agent => !agent.State.HasEnded()).ToArray();
        if (agents.Length == 0) return;
        var state = _paused ? AgentState.Paused : AgentState.Playing;
        Must(agents.All(agent => agent.State == state), $"agents are {state} as asked, not {string.Join(", ", agents.Select(agent => agent.State).Distinct())}");
        Must(cohort.Rate == (_rate ?? planned.Playback!.Rate), $"agents play at the rate that was asked for, {_rate ?? planned.Playback!.Rate}, not {cohort.Rate}");
        Must(!_stopAcknowledged, "no agent goes on after a stop");
        var removed = NumbersOf(part, change => change.Count < 0);
        Must(!agents.Any(agent => removed.Contains(agent.InstanceId)), "no agent goes on after it was removed");
        CheckAdded(cohort, planned, agents);
        CheckInjected(player, part, planned, agents);
        // Those that were added since begin at the start.
        agents = [.. agents.Where(agent => AdditionOf(agent.InstanceId) is not { } addition || addition.SeekEpoch < Database.Row.SeekEpoch)];
        if (agents.Length == 0) return;
        if (_seek is { } seek && WasPlaying(row.PartNumber, seek.Given))
        {
            var position = Math.Min(seek.Position.Ticks * 100, cohort.Window.Length);
            var released = Database.Row.Released - Database.Row.ReleasedBefore;
            var next = seek.Position.Ticks * 100 > cohort.Window.Length ? cohort.Window.End : cohort.Timeline.FirstAtOrAfter(position);
            Must(
                agents.All(agent => agent.Next == Math.Min(next + released, cohort.Window.End)),
                $"paused agents have put out the {released} messages that were released after {next}, not up to {string.Join(", ", agents.Select(agent => agent.Next).Distinct())} of {cohort.Window.End}");
            if (released > 0) Seen.Add("settled step");
            else Must(agents.All(agent => agent.Position == position), $"paused agents are where they were sent, at {position}, not at {string.Join(", ", agents.Select(agent => agent.Position).Distinct())}");
            Seen.Add("settled position");
        }
        Seen.Add($"settled {state}");
    }

    /// <summary>Agents that were added while the run is paused stand at the start, but for what was released since.</summary>
    private void CheckAdded(ReplayCohort cohort, PlannedPart planned, AgentCheckpoint[] agents)
    {
        if (!_paused || planned.Fleet is not null) return;
        foreach (var agent in agents)
        {
            if (AdditionOf(agent.InstanceId) is not { } addition || addition.At < Database.Row.PausedAt || addition.SeekEpoch < Database.Row.SeekEpoch) continue;
            var released = Math.Min(Database.Row.Released - addition.Released, cohort.Window.Count);
            Must((agent.RepeatsDone, agent.Next, agent.MessagesOut) == (0, released, released), $"agent {agent.InstanceId}, added while the run is paused, has put out the {released} messages that were released since, not {agent.MessagesOut} up to {agent.Next}");
            Seen.Add(released > 0 ? "settled addition with steps" : "settled addition");
        }
    }

    /// <summary>Whether a position that was asked for at a time holds for a part: it played then, or is among the run's first.</summary>
    private bool WasPlaying(long part, TimeSpan at)
    {
        var began = Database.Row.Parts.Single(other => other.Number == part).StartedAt!.Value - Database.Row.CreatedAt;
        return began < at || plan.Plan.PatternType == PatternType.Parallel || part == plan.Plan.Parts[0].Number;
    }

    private void Note(SimulatedSilo silo)
    {
        foreach (var player in silo.Players.List())
            foreach (var agent in player.Cohort!.SnapshotAsync().Result.Agents) Seen.Add($"agent {agent.State}");
    }

    /// <summary>How many messages are behind an agent.</summary>
    private long IndexOf(long part, AgentCheckpoint agent) =>
        ((long)agent.RepeatsDone * plan.Bags[part].Messages) + (agent.State == AgentState.Completed ? 0 : agent.Next);

    private void Must(bool holds, string what)
    {
        if (!holds) _violations.Add(what);
    }
}
