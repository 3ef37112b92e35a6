using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>A simulation as it is typed; limits are those of the API.</summary>
public sealed class SimulationDraft
{
    public const int LongestName = 30;
    public const int LongestDescription = 100;
    public const int LongestMec = 50;

    public string Name { get; set; } = "";
    public string Description { get; set; } = "";
    public string MecId { get; set; } = "";
    public bool IsSequential { get; set; } = true;
    public List<PartDraft> Parts { get; } = [];
    public RecordingDraft Recording { get; } = new();

    /// <summary>Whether each agent is to have a file of its own and there are too many for that.</summary>
    public bool HasTooManyFiles => Recording.IsPerAgent && Parts.Sum(part => part.Agents.AsLong ?? 0) > RecordingDraft.MostAgentFiles;

    public bool IsValid => Name.Trim().Length is > 0 and <= LongestName && Description.Trim().Length <= LongestDescription && MecId.Trim().Length <= LongestMec
        && Parts.Count > 0 && Parts.All(part => part.IsValid(IsSequential)) && Recording.IsValid && !HasTooManyFiles;

    /// <summary>A copy of a simulation, with all its settings and without its name.</summary>
    public static SimulationDraft Of(SimulationDetail simulation)
    {
        var draft = new SimulationDraft { Description = simulation.SimulationDescription, MecId = simulation.MecId, IsSequential = simulation.PatternType == "sequential" };
        draft.Parts.AddRange(simulation.ExecutionPlan.Parts.Select(PartDraft.Of));
        draft.Recording.Set(simulation.ExecutionPlan.Record, simulation.ExecutionPlan.Listen);
        return draft;
    }

    public SimulationCreateRequest ToRequest()
    {
        var parts = Parts.Select((part, index) => part.ToRequest(IsSequential ? index + 1 : null)).ToArray();
        return new SimulationCreateRequest(
            Name.Trim(), Description.Trim(), IsSequential ? "sequential" : "parallel", MecId.Trim(), IsSequential ? new PatternRequest(parts, null) : new PatternRequest(null, parts),
            Recording.ToListen(), Recording.ToRecord());
    }
}
