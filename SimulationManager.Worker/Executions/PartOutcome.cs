using SimulationManager.Core.Model;
using SimulationManager.Replay;

namespace SimulationManager.Worker.Executions;

/// <summary>Turns what cohorts say at the end into the rows that stay.</summary>
internal static class PartOutcome
{
    /// <summary>Final counts, repeats, progress and lateness of a part.</summary>
    public static void Apply(ExecutionPart part, IReadOnlyList<(string? Silo, CohortOutcome Outcome)> cohorts)
    {
        var instances = cohorts.SelectMany(cohort => cohort.Outcome.Instances).ToArray();
        part.MessagesOut = instances.Sum(instance => instance.MessagesOut);
        part.MessagesDropped = instances.Sum(instance => instance.MessagesDropped);
        var removed = RemovedFrom(part);
        if (instances.Length > 0)
            part.CurrentRepeat = instances.Where(instance => removed?.Contains(instance.InstanceId) != true).Select(instance => instance.RepeatsDone).Append(part.TotalRepeats).Min();
        if (part.Status == RunStatus.Completed) part.Progress = 100;
        var lateness = new LatenessHistogram();
        foreach (var (_, outcome) in cohorts)
        {
            ReadOnlySpan<byte> bytes = outcome.Lateness;
            lateness.Add(LatenessHistogram.Read(ref bytes));
        }
        part.DroppedByTopic = TopicCounts.Sum(cohorts.Select(cohort => cohort.Outcome.DroppedByTopic));
        part.Endpoints = [.. EndpointShare.Sum(cohorts.Select(cohort => cohort.Outcome.Endpoints)).Select(share => share.ToReport() with { Connections = 0, Connected = 0 })];
        part.Faults = FleetPlans.ReportOf(instances.Aggregate(default(FaultCounts), (sum, instance) => sum + FaultCounts.FromArray(instance.Faults)));
        part.Lateness = Summarise(lateness);
        part.LatenessBuckets = lateness.ToBytes();
    }

    /// <summary>A row per agent, in the order of their numbers.</summary>
    public static IReadOnlyList<ExecutionInstance> InstancesOf(ExecutionPart part, IReadOnlyList<(string? Silo, CohortOutcome Outcome)> cohorts)
    {
        var removed = RemovedFrom(part);
        return
        [
            .. cohorts
                .SelectMany(cohort => cohort.Outcome.Instances.Select(instance => (cohort.Silo, Instance: instance)))
                .OrderBy(pair => pair.Instance.InstanceId)
                .Select(pair => InstanceOf(part, pair.Silo, pair.Instance, isRemoved: removed?.Contains(pair.Instance.InstanceId) == true)),
        ];
    }

    /// <summary>The lateness of all parts together.</summary>
    public static LatenessHistogram LatenessOf(IEnumerable<ExecutionPart> parts)
    {
        var all = new LatenessHistogram();
        foreach (var part in parts)
        {
            if (part.LatenessBuckets is not { } buckets) continue;
            ReadOnlySpan<byte> bytes = buckets;
            all.Add(LatenessHistogram.Read(ref bytes));
        }
        return all;
    }

    public static LatenessSummary Summarise(LatenessHistogram lateness) =>
        new(lateness.Percentile(0.5), lateness.Percentile(0.99), lateness.Percentile(0.999), lateness.Max);

    private static ExecutionInstance InstanceOf(ExecutionPart part, string? silo, InstanceOutcome instance, bool isRemoved)
    {
        var status = StatusOf(instance, part.Status, isRemoved);
        return new ExecutionInstance
        {
            ExecutionId = part.ExecutionId,
            InstanceId = instance.InstanceId,
            PartNumber = part.Number,
            Status = status,
            RepeatsCompleted = instance.RepeatsDone,
            Progress = status == RunStatus.Completed ? 100 : instance.Progress ?? part.Progress,
            MessagesOut = instance.MessagesOut,
            MessagesDropped = instance.MessagesDropped,
            LatenessP50 = instance.LatenessP50,
            LatenessP99 = instance.LatenessP99,
            LatenessP999 = instance.LatenessP999,
            LatenessMax = instance.LatenessMax,
            Silo = silo,
            Error = instance.Error,
            Endpoints = [.. (instance.Endpoints ?? []).Zip(part.Endpoints, (counts, endpoint) => EndpointShare.ReportOf(endpoint.Endpoint, counts))],
            Faults = FleetPlans.ReportOf(FaultCounts.FromArray(instance.Faults)),
        };
    }

    private static AgentNumbers? RemovedFrom(ExecutionPart part) => AgentNumbers.RemovedBy(part.AgentChanges);

    private static RunStatus StatusOf(InstanceOutcome instance, RunStatus part, bool isRemoved) => instance.State switch
    {
        AgentState.Failed => RunStatus.Failed,
        AgentState.Completed or AgentState.LimitReached => RunStatus.Completed,
        _ when isRemoved => RunStatus.Stopped,
        // Ended by the coordinator when the time limit had passed.
        _ when part == RunStatus.Completed => RunStatus.Completed,
        _ => RunStatus.Stopped,
    };
}
