using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using SimulationManager.Api.Contract;
using SimulationManager.Core.Model;

namespace SimulationManager.Api.Simulations;

/// <summary>One thing that goes wrong, and for whom.</summary>
public sealed record FaultRequest : IChecksItself
{
    private const int MaxTopics = 100;
    private const int MaxNameLength = 255;

    /// <summary>Seconds: longer, a fleet's held messages would fill memory.</summary>
    private const double MaxDelay = 60;

    [Required, AllowedValues(FaultWords.Drop, FaultWords.Delay, FaultWords.Duplicate, FaultWords.Reorder, FaultWords.Freeze, FaultWords.Disconnect)]
    [Description("Messages are lost (`drop`), go out later (`delay`), twice (`duplicate`) or after the agent's next one (`reorder`); the agent puts out nothing for a while, and what is due meanwhile is lost (`freeze`), with its connection cut as well where it has one of its own (`disconnect`).")]
    public string? Kind { get; init; }

    [Range(0.0, 1.0), Description("Share of the agents, drawn by the seed. Left out: `first` to `last`, or all.")]
    public double? Share { get; init; }

    [Range(1, 1_000_000), Description("The first agent, counted from 1 within the step or group; 1 when left out.")]
    public int? First { get; init; }

    [Range(1, 1_000_000), Description("The last agent; that of the step or group when left out.")]
    public int? Last { get; init; }

    [Length(1, MaxTopics), Description("Only messages of these topics, by their recorded names. Not for `disconnect`.")]
    public IReadOnlyList<string>? Topics { get; init; }

    [Range(0.0, 1.0), Description("Share of the messages; of `drop`, `delay`, `duplicate` and `reorder`.")]
    public double? Rate { get; init; }

    [Range(0.001, MaxDelay), Description("Seconds by which messages go out later; of `delay`.")]
    public double? Delay { get; init; }

    [Range(0.0, PlaybackOptions.MaxSeconds), Description("When it begins: seconds of the bag that the agent has played, over all passes; of `freeze` and `disconnect`. 0 when left out.")]
    public double? At { get; init; }

    [Range(0.001, PlaybackOptions.MaxSeconds), Description("How long it lasts: seconds of the bag; of `freeze` and `disconnect`.")]
    public double? For { get; init; }

    [Range(0.001, PlaybackOptions.MaxSeconds), Description("Seconds of the bag from one beginning to the next; left out: once.")]
    public double? Every { get; init; }

    private bool LastsAWhile => Kind is FaultWords.Freeze or FaultWords.Disconnect;

    public void Check(string path, ICollection<FieldProblem> problems)
    {
        if (Share is not null && (First ?? Last) is not null) problems.Add(new FieldProblem(path + "share", Messages.FaultAgentsOneWay));
        if (First > Last) problems.Add(new FieldProblem(path + "last", Messages.FaultLastBeforeFirst));
        if (Topics?.Any(topic => string.IsNullOrEmpty(topic) || topic.Length > MaxNameLength) == true) problems.Add(new FieldProblem(path + "topics", Messages.FaultTopics));
        if (Every <= For) problems.Add(new FieldProblem(path + "every", Messages.FaultEveryTooShort));
        CheckUse(path + "rate", Rate, isUsed: !LastsAWhile, isRequired: true, problems);
        CheckUse(path + "delay", Delay, isUsed: Kind == FaultWords.Delay, isRequired: true, problems);
        CheckUse(path + "topics", Topics, isUsed: Kind != FaultWords.Disconnect, isRequired: false, problems);
        CheckUse(path + "at", At, isUsed: LastsAWhile, isRequired: false, problems);
        CheckUse(path + "for", For, isUsed: LastsAWhile, isRequired: true, problems);
        CheckUse(path + "every", Every, isUsed: LastsAWhile, isRequired: false, problems);
    }

    /// <summary>As the run keeps it.</summary>
    public FaultOptions ToOptions() => new()
    {
        Kind = Kind switch
        {
            FaultWords.Drop => FaultKind.Drop,
            FaultWords.Delay => FaultKind.Delay,
            FaultWords.Duplicate => FaultKind.Duplicate,
            FaultWords.Reorder => FaultKind.Reorder,
            FaultWords.Freeze => FaultKind.Freeze,
            _ => FaultKind.Disconnect,
        },
        Share = Share,
        First = First,
        Last = Last,
        Topics = Topics,
        Rate = Rate,
        Delay = Delay,
        At = At ?? 0,
        For = For,
        Every = Every,
    };

    private void CheckUse(string field, object? value, bool isUsed, bool isRequired, ICollection<FieldProblem> problems)
    {
        if (Kind is null) return;
        if (value is not null && !isUsed) problems.Add(new FieldProblem(field, Messages.FaultFieldUnused, Kind));
        if (value is null && isUsed && isRequired) problems.Add(new FieldProblem(field, Messages.FaultFieldMissing, Kind));
    }
}
