using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>What a simulation will take and put out when nothing cuts it short and no fault is met, from what its recordings hold.</summary>
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
        var pauses = draft.Parts.SkipLast(1).Sum(part => (double)part.Delay.Value!.Value);
        return new RunEstimate(parts.Sum(part => part.Seconds) + pauses, parts.Max(part => part.Agents), parts.Max(part => part.MessagesPerSecond), parts.Sum(part => part.Messages));
    }

    private static RunEstimate OfPart(PartDraft part, BagView bag)
    {
        var playback = part.Playback;
        var limit = (double)part.TimeLimit.Value!.Value;
        var agents = (double)part.Agents.Value!.Value;
        var ramp = part.Fleet.Ramp.AsDouble!.Value;
        var delay = playback.Delay.AsDouble ?? 0;
        var length = PassOf(playback, bag);
        var pass = length / playback.Rate.AsDouble!.Value;
        var played = playback.Loop ? limit : Math.Min(limit, delay + ramp + pass * part.RepeatCount);
        // Messages are taken to be spread evenly over the bag.
        var perPass = bag.Topics.Where(topic => topic.Selected && playback.Plays(topic.Name)).Sum(topic => (double)topic.MessageCount) * (bag.Duration > 0 ? length / bag.Duration : 1);
        // An agent joins at half the ramp on average.
        var playing = Math.Max(0, played - delay - ramp / 2);
        var repeats = (double)part.RepeatCount;
        var passes = pass <= 0 ? (playback.Loop ? 0 : repeats) : playback.Loop ? playing / pass : Math.Min(repeats, playing / pass);
        return new RunEstimate(played, agents, pass <= 0 ? 0 : agents * perPass / pass, agents * perPass * passes);
    }

    /// <summary>Seconds of the bag that one pass plays.</summary>
    private static double PassOf(PlaybackDraft playback, BagView bag)
    {
        var start = Math.Min(playback.StartOffset.AsDouble ?? 0, bag.Duration);
        double? until = playback.Until.AsLong is { } time && bag.StartTime is { } begin ? time / 1e9 - begin.ToUnixTimeMilliseconds() / 1e3 : null;
        var after = playback.Duration.AsDouble is { } duration ? start + duration : (double?)null;
        // With both, the later one ends the pass.
        var end = after is { } first && until is { } second ? Math.Max(first, second) : after ?? until ?? bag.Duration;
        return Math.Max(0, Math.Min(end, bag.Duration) - start);
    }
}
