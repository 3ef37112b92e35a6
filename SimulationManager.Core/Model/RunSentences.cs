using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Core.Model;

/// <summary>
/// The sentences that a run's message is made of. A message is stored as their keys and arguments, <c>[["RunStep","2","5"],["RunOverloaded"]]</c>
/// for example, so that it can be read in any language. What is stored in another form is a text that stays as it is: a failure's
/// reason, or a message of an earlier version.
/// </summary>
public static partial class RunSentences
{
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

    public static readonly RunSentence SiteUnknown =
        new("RunSiteUnknown", "No address is known for the edge site '{0}': its agents publish to nobody.");

    public static readonly RunSentence EndpointAway = new("RunEndpointAway", "{0} is away, and messages may be lost: {1}.");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<RunSentence> All { get; } =
    [
        NotStarted, Started, Paused, Overloaded, Failed, Stopped, Groups, Step, MakingReady, BetweenSteps, StepsCompleted, GroupsCompleted,
        StepsLimited, GroupsLimited, SilentSteps, SilentGroups, Broke, SiteUnknown, EndpointAway,
    ];

    private static readonly FrozenDictionary<string, RunSentence> s_byKey = All.ToFrozenDictionary(sentence => sentence.Key, StringComparer.Ordinal);

    /// <summary>A message as it is stored.</summary>
    public static string Store(params IReadOnlyList<FilledSentence> message) => JsonSerializer.Serialize(
        [.. message.Select(filled => (string[])[filled.Sentence.Key, .. filled.Arguments])], RunMessageJson.Default.StringArrayArray);

    /// <summary>The sentences of a stored message; null when it is a text.</summary>
    public static IReadOnlyList<FilledSentence>? Read(string message)
    {
        if (!message.StartsWith("[[\"", StringComparison.Ordinal)) return null;
        try
        {
            var entries = JsonSerializer.Deserialize(message, RunMessageJson.Default.StringArrayArray)!;
            return entries.All(entry => entry is [{ } key, ..] && s_byKey.ContainsKey(key)) ? [.. entries.Select(entry => new FilledSentence(s_byKey[entry[0]], entry[1..]))] : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A stored message in English.</summary>
    public static string InEnglish(string message) =>
        Read(message) is { } sentences ? string.Join(' ', sentences.Select(filled => filled.Sentence.Say([.. filled.Arguments]))) : message;

    [JsonSerializable(typeof(string[][]))]
    private sealed partial class RunMessageJson : JsonSerializerContext;
}

/// <summary>A sentence with places for arguments.</summary>
/// <param name="Key">Names it, in resources for example.</param>
/// <param name="English">Its text with placeholders.</param>
public sealed record RunSentence(string Key, string English)
{
    /// <summary>The sentence in English.</summary>
    public string Say(params object[] arguments) => string.Format(CultureInfo.InvariantCulture, English, arguments);

    /// <summary>The sentence with its arguments, for a message.</summary>
    public FilledSentence With(params object[] arguments) =>
        new(this, [.. arguments.Select(argument => Convert.ToString(argument, CultureInfo.InvariantCulture)!)]);
}

/// <summary>A sentence of a message.</summary>
/// <param name="Sentence">Which it is.</param>
/// <param name="Arguments">What its placeholders stand for.</param>
public sealed record FilledSentence(RunSentence Sentence, IReadOnlyList<string> Arguments);
