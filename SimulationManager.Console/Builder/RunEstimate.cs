using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>What a simulation will take and put out when nothing cuts it short, from what its recordings hold.</summary>
/// <param name="Seconds">From the start to the end.</param>
/// <param name="Agents">At the same time, at most.</param>
/// <param name="MessagesPerSecond">On average while the busiest step plays, or all groups do.</param>
/// <param name="Messages">Over the whole run.</param>
public sealed record RunEstimate(double Seconds, double Agents, double MessagesPerSecond, double Messages)
{
    /// <summary>Null while a part is not valid or its recording is not known yet.</summary>
    public static RunEstimate? Of(SimulationDraft draft, IReadOnlyDictionary<long, BagView> bags)
    {
        if (draft.Parts.Count == 0 || draft.Parts.Any(part => !part.IsValid(draft.IsSequential) || !bags.ContainsKey(part.Template!.Value))) return null;
        var parts = draft.Parts.Select(part => OfPart(part, bags[part.Template!.Value])).ToArray();
        if (!draft.IsSequential)
            return new RunEstimate(parts.Max(part => part.Seconds), parts.Sum(part => part.Agents), parts.Sum(part => part.MessagesPerSecond), parts.Sum(part => part.Messages));
        var pauses = draft.Parts.SkipLast(1).Sum(part => (double)part.DelaySeconds!.Value);
        return new RunEstimate(parts.Sum(part => part.Seconds) + pauses, parts.Max(part => part.Agents), parts.Max(part => part.MessagesPerSecond), parts.Sum(part => part.Messages));
    }

    private static RunEstimate OfPart(PartDraft part, BagView bag)
    {
        var limit = (double)part.Seconds!.Value;
        var agents = (double)part.AgentCount!.Value;
        var pass = bag.Duration / part.RateFactor!.Value;
        var ramp = part.RampSeconds!.Value;
        var played = part.Loop ? limit : Math.Min(limit, ramp + pass * part.RepeatCount!.Value);
        var perPass = bag.Topics.Where(topic => topic.Selected).Sum(topic => (double)topic.MessageCount);
        // An agent joins at half the ramp on average.
        var playing = Math.Max(0, played - ramp / 2);
        var passes = pass <= 0 ? (part.Loop ? 0 : part.RepeatCount!.Value) : part.Loop ? playing / pass : Math.Min(part.RepeatCount!.Value, playing / pass);
        var messages = agents * perPass * passes;
        return new RunEstimate(played, agents, pass <= 0 ? 0 : agents * perPass / pass, messages);
    }
}
