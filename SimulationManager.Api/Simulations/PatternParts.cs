using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>Makes steps and groups of what a request says.</summary>
internal static class PatternParts
{
    public static SimulationStep Step(StepRequest request) => new()
    {
        StepOrder = request.StepOrder!.Value,
        TemplateId = request.TemplateId!.Value,
        AutonomousAgentCount = request.AutonomousAgentCount!.Value,
        ExecutionTime = request.ExecutionTime!.Value,
        DelayAfterCompletion = request.DelayAfterCompletion ?? 0,
        RepeatCount = request.RepeatCount!.Value,
        Playback = request.Playback?.ToOptions(),
        Output = request.Output?.ToOptions(),
        Fleet = request.Fleet?.ToOptions(),
    };

    public static SimulationGroup Group(GroupRequest request) => new()
    {
        GroupName = request.GroupName,
        AssignedArea = request.AssignedArea,
        TemplateId = request.TemplateId!.Value,
        AutonomousAgentCount = request.AutonomousAgentCount!.Value,
        ExecutionTime = request.ExecutionTime!.Value,
        RepeatCount = request.RepeatCount!.Value,
        Playback = request.Playback?.ToOptions(),
        Output = request.Output?.ToOptions(),
        Fleet = request.Fleet?.ToOptions(),
    };
}
