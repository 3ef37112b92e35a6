using System.Globalization;
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

    /// <summary>Whether what was copied had settings that are not here.</summary>
    public bool LeavesOut { get; private init; }

    public bool IsValid => Name.Trim().Length is > 0 and <= LongestName && Description.Trim().Length <= LongestDescription && MecId.Trim().Length <= LongestMec
        && Parts.Count > 0 && Parts.All(part => part.IsValid(IsSequential));

    /// <summary>A copy of a simulation, without its name.</summary>
    public static SimulationDraft Of(SimulationDetail simulation)
    {
        var draft = new SimulationDraft { Description = simulation.SimulationDescription, MecId = simulation.MecId, IsSequential = simulation.PatternType == "sequential", LeavesOut = simulation.ExecutionPlan.Parts.Any(part => part.HasMore) };
        draft.Parts.AddRange(simulation.ExecutionPlan.Parts.Select(PartDraft.Of));
        return draft;
    }

    public SimulationCreateRequest ToRequest()
    {
        var parts = Parts.Select((part, index) => part.ToRequest(IsSequential ? index + 1 : null)).ToArray();
        return new SimulationCreateRequest(
            Name.Trim(), Description.Trim(), IsSequential ? "sequential" : "parallel", MecId.Trim(), IsSequential ? new PatternRequest(parts, null) : new PatternRequest(null, parts));
    }
}

/// <summary>A step or group as it is typed.</summary>
public sealed class PartDraft
{
    public const int MostAgents = 100_000;
    private const double LeastRate = 0.01;
    private const double MostRate = 100;
    private const double LongestRamp = 86_400;

    /// <summary>Names it on the page.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    public string TemplateId { get; set; } = "";
    public string GroupName { get; set; } = "";
    public string Agents { get; set; } = "10";
    public string TimeLimit { get; set; } = "60";
    public string Repeats { get; set; } = "1";
    public string Delay { get; set; } = "0";
    public string Rate { get; set; } = "1";
    public string Ramp { get; set; } = "0";
    public bool Loop { get; set; }
    public bool Stagger { get; set; }

    public long? Template => Whole(TemplateId, 1, long.MaxValue);
    public long? AgentCount => Whole(Agents, 1, MostAgents);
    public long? Seconds => Whole(TimeLimit, 1, int.MaxValue);
    public long? RepeatCount => Whole(Repeats, 1, int.MaxValue);
    public long? DelaySeconds => Whole(Delay, 0, int.MaxValue);
    public double? RateFactor => Number(Rate, LeastRate, MostRate);
    public double? RampSeconds => Number(Ramp, 0, LongestRamp);

    public bool IsValid(bool isSequential) => Template is not null && AgentCount is not null && Seconds is not null && (Loop || RepeatCount is not null) && RateFactor is not null && RampSeconds is not null
        && GroupName.Length <= 255 && (!isSequential || DelaySeconds is not null);

    public static PartDraft Of(PlanPart part) => new()
    {
        TemplateId = Text(part.TemplateId),
        GroupName = part.GroupName ?? "",
        Agents = Text(part.AutonomousAgentCount),
        TimeLimit = Text(part.ExecutionTime),
        Repeats = Text(part.RepeatCount),
        Delay = Text(part.DelayAfterCompletion ?? 0),
        Rate = Text(part.Playback?.Rate ?? 1),
        Loop = part.Playback?.Loop ?? false,
        Ramp = Text(part.Fleet?.Ramp?.Seconds ?? 0),
        Stagger = part.Fleet?.Stagger is not null,
    };

    public PartRequest ToRequest(int? stepOrder)
    {
        var playback = Loop || RateFactor != 1 ? new PlaybackRequest(RateFactor, Loop) : null;
        var fleet = Stagger || RampSeconds > 0 ? new FleetRequest(RampSeconds > 0 ? new RampRequest(RampSeconds.Value) : null, Stagger ? new StaggerRequest() : null) : null;
        return new PartRequest(
            Template!.Value, (int)AgentCount!.Value, (int)Seconds!.Value, Loop ? 1 : (int)RepeatCount!.Value, stepOrder, stepOrder is null ? null : (int)DelaySeconds!.Value,
            stepOrder is null && GroupName.Trim().Length > 0 ? GroupName.Trim() : null, playback, fleet);
    }

    private static long? Whole(string text, long least, long most) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null;

    private static double? Number(string text, double least, double most) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : null;

    private static string Text(double value) => value.ToString("0.######", CultureInfo.InvariantCulture);
}
