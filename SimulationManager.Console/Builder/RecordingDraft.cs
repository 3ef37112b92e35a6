using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>What runs record of what their own agents put out, and of the system under test, as it is typed.</summary>
public sealed class RecordingDraft
{
    public const int MostListened = 8;

    /// <summary>Agents of a simulation that may have files of their own.</summary>
    public const int MostAgentFiles = 1000;

    private const string PerAgent = "agent";
    private const string PerFleet = "fleet";

    /// <summary>Blank: nothing; else as the API spells it.</summary>
    public string Per { get; set; } = "";

    public LinesText Topics { get; } = new(100, 500);
    public List<ListenDraft> Listened { get; } = [];

    public static IReadOnlyList<string> Scopes { get; } = [PerFleet, PerAgent];

    public bool IsPerAgent => Per == PerAgent;

    /// <summary>Only one entry can be of the site.</summary>
    public bool IsSiteTwice => Listened.Count(entry => entry.Endpoint.Trim().Length == 0) > 1;

    public bool IsValid => (Per.Length == 0 || Topics.IsValid) && Listened.Count <= MostListened && !IsSiteTwice && Listened.All(entry => entry.IsValid);

    public void Set(RecordSettings? record, IReadOnlyList<ListenSettings>? listen)
    {
        Per = record is null ? "" : record.Per ?? PerFleet;
        Topics.Set(record?.Topics);
        Listened.AddRange((listen ?? []).Select(ListenDraft.Of));
    }

    public RecordSettings? ToRecord() => Per.Length == 0 ? null : new RecordSettings(Per, Topics.LinesOrNull);

    public IReadOnlyList<ListenSettings>? ToListen() => Listened.Count == 0 ? null : [.. Listened.Select(entry => entry.ToSettings())];
}

/// <summary>One endpoint of the system under test.</summary>
public sealed class ListenDraft
{
    /// <summary>Names it on the page.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Blank: those of the site.</summary>
    public string Endpoint { get; set; } = "";

    public LinesText Topics { get; } = new(100, 500);

    public bool IsValid => Topics.IsValid && Topics.Lines.Count > 0;

    public static ListenDraft Of(ListenSettings settings)
    {
        var draft = new ListenDraft { Endpoint = settings.Endpoint ?? "" };
        draft.Topics.Set(settings.Topics);
        return draft;
    }

    public ListenSettings ToSettings() => new(Endpoint.Trim() is { Length: > 0 } endpoint ? endpoint : null, Topics.Lines);
}
