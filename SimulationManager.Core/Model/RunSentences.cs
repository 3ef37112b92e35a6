using System.Globalization;
using System.Text.RegularExpressions;

namespace SimulationManager.Core.Model;

/// <summary>
/// The sentences that a run's message is made of. They are stored in English, whoever reads them; knowing them all, a reader
/// can tell which they are and say them in another language.
/// </summary>
public static class RunSentences
{
    /// <summary>The language that they are stored in.</summary>
    public const string Language = "en";

    public static readonly RunSentence NotStarted = new("RunNotStarted", "The simulation has not been started yet.");
    public static readonly RunSentence Started = new("RunStarted", "The run was started.");
    public static readonly RunSentence Paused = new("RunPaused", "Paused.");
    public static readonly RunSentence Overloaded = new("RunOverloaded", "The machine cannot keep up: messages go out late.");
    public static readonly RunSentence Failed = new("RunFailed", "Failed.");
    public static readonly RunSentence Stopped = new("RunStopped", "Stopped.");
    public static readonly RunSentence Groups = new("RunGroups", "{0} of {1} groups are running, {2} completed.");
    public static readonly RunSentence Step = new("RunStep", "Step {0} of {1} is running.");
    public static readonly RunSentence MakingReady = new("RunMakingReady", "Agents are being made ready.");
    public static readonly RunSentence BetweenSteps = new("RunBetweenSteps", "{0} of {1} steps completed; the next one starts after the pause.");
    public static readonly RunSentence StepsCompleted = new("RunStepsCompleted", "All steps completed.");
    public static readonly RunSentence GroupsCompleted = new("RunGroupsCompleted", "All groups completed.");
    public static readonly RunSentence StepsLimited = new("RunStepsLimited", "All steps completed; the time limit ended some of them.");
    public static readonly RunSentence GroupsLimited = new("RunGroupsLimited", "All groups completed; the time limit ended some of them.");

    public static readonly RunSentence SilentSteps =
        new("RunSilentSteps", "No message to play in step {0}: the bag is empty or has none of the chosen topics.");

    public static readonly RunSentence SilentGroups =
        new("RunSilentGroups", "No message to play in group {0}: the bag is empty or has none of the chosen topics.");

    public static readonly RunSentence Broke = new("RunBroke", "The run broke on an internal error; see the worker's log.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RunSentence> All { get; } =
    [
        NotStarted, Started, Paused, Overloaded, Failed, Stopped, Groups, Step, MakingReady, BetweenSteps, StepsCompleted, GroupsCompleted,
        StepsLimited, GroupsLimited, SilentSteps, SilentGroups, Broke,
    ];

    /// <summary>Takes a message apart. What is none of our sentences, a failure's reason for example, has no <see cref="SpokenSentence.Sentence"/>.</summary>
    public static IEnumerable<SpokenSentence> Parse(string message)
    {
        for (var rest = message; rest.Length > 0;)
        {
            var spoken = All.Select(sentence => sentence.TryRead(rest)).FirstOrDefault(found => found is not null) ?? new SpokenSentence(null, rest, []);
            yield return spoken;
            rest = rest[spoken.Text.Length..].TrimStart();
        }
    }
}

/// <summary>A sentence with numbers to fill in.</summary>
/// <param name="key">Names it, in resources for example.</param>
/// <param name="english">Its text with placeholders.</param>
public sealed class RunSentence(string key, string english)
{
    private readonly Regex _pattern = new(
        "^" + Regex.Replace(Regex.Escape(english), @"\\\{\d}", "([0-9, ]+)") + "(?: |$)", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);

    // Most sentences are ruled out by their first word, long before the pattern is asked.
    private readonly string _beginning = english.Split('{')[0];

    public string Key { get; } = key;
    public string English { get; } = english;

    /// <summary>The sentence in English.</summary>
    public string Say(params object[] arguments) => string.Format(CultureInfo.InvariantCulture, English, arguments);

    internal SpokenSentence? TryRead(string text) =>
        text.StartsWith(_beginning, StringComparison.Ordinal) && _pattern.Match(text) is { Success: true } match
            ? new SpokenSentence(this, match.Value.TrimEnd(), [.. match.Groups.Values.Skip(1).Select(group => group.Value)])
            : null;
}

/// <summary>A sentence as it stands in a message.</summary>
/// <param name="Sentence">Which it is; null when it is none of ours.</param>
/// <param name="Text">As it stands there.</param>
/// <param name="Arguments">What its placeholders stand for, in the order of the text.</param>
public sealed record SpokenSentence(RunSentence? Sentence, string Text, IReadOnlyList<string> Arguments);
