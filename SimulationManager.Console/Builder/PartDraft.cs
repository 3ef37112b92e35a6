using System.Globalization;
using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>A step or group as it is typed.</summary>
public sealed class PartDraft
{
    public const int LongestName = 255;
    private const int MostAgents = 100_000;

    /// <summary>Names it on the page.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    public string TemplateId { get; set; } = "";
    public string GroupName { get; set; } = "";
    public string AssignedArea { get; set; } = "";
    public NumberText Agents { get; } = NumberText.RequiredWhole(1, MostAgents, "10");
    public NumberText TimeLimit { get; } = NumberText.RequiredWhole(1, int.MaxValue, "60");
    public NumberText Repeats { get; } = NumberText.RequiredWhole(1, int.MaxValue, "1");
    public NumberText Delay { get; } = NumberText.RequiredWhole(0, int.MaxValue, "0");
    public PlaybackDraft Playback { get; } = new();
    public OutputDraft Output { get; } = new();
    public FleetDraft Fleet { get; } = new();

    /// <summary>Where agents play over and over it may be left as it was typed.</summary>
    public int RepeatCount => Repeats.AsInt ?? 1;

    /// <summary>Whether it has settings that are rarely used.</summary>
    public bool HasMore => Playback.HasMore || Output.ToSettings() is not null || Fleet.HasMore || AssignedArea.Length > 0;

    public bool AreSettingsValid => Playback.IsValid && Output.IsValid && Fleet.IsValid && AssignedArea.Length <= LongestName;

    public long? Template => long.TryParse(TemplateId, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : null;

    public bool IsValid(bool isSequential) => Template is not null && Agents.IsValid && TimeLimit.IsValid && (Playback.Loop || Repeats.IsValid) && AreSettingsValid
        && (isSequential ? Delay.IsValid : GroupName.Length <= LongestName);

    public static PartDraft Of(PlanPart part)
    {
        var draft = new PartDraft { TemplateId = part.TemplateId.ToString(CultureInfo.InvariantCulture), GroupName = part.GroupName ?? "", AssignedArea = part.AssignedArea ?? "" };
        draft.Agents.Set((long)part.AutonomousAgentCount);
        draft.TimeLimit.Set((long)part.ExecutionTime);
        draft.Repeats.Set((long)part.RepeatCount);
        draft.Delay.Set((long)(part.DelayAfterCompletion ?? 0));
        draft.Playback.Set(part.Playback);
        draft.Output.Set(part.Output);
        draft.Fleet.Set(part.Fleet);
        return draft;
    }

    /// <param name="stepOrder">The place of a step; null: a group.</param>
    public PartRequest ToRequest(int? stepOrder) => new()
    {
        TemplateId = Template!.Value,
        AutonomousAgentCount = Agents.AsInt!.Value,
        ExecutionTime = TimeLimit.AsInt!.Value,
        RepeatCount = RepeatCount,
        StepOrder = stepOrder,
        DelayAfterCompletion = stepOrder is null ? null : Delay.AsInt,
        GroupName = stepOrder is null ? OrNull(GroupName) : null,
        AssignedArea = stepOrder is null ? OrNull(AssignedArea) : null,
        Playback = Playback.ToSettings(),
        Output = Output.ToSettings(),
        Fleet = Fleet.ToSettings(),
    };

    private static string? OrNull(string text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
