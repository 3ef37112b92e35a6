using SimulationManager.Console.Api;

namespace SimulationManager.Console.Builder;

/// <summary>Whom a fault meets.</summary>
public enum FaultTarget
{
    All,
    Share,
    Range,
}

/// <summary>One fault as it is typed; limits are those of the API.</summary>
public sealed class FaultDraft
{
    private const int MostAgents = 1_000_000;
    private const decimal LongestBag = 4_611_686_018;

    /// <summary>Names it on the page.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    public string Kind { get; set; } = FaultKinds.Drop;
    public FaultTarget Target { get; set; }
    public NumberText Share { get; } = NumberText.Required(0, 1, "0.1");
    public NumberText First { get; } = new(1, MostAgents) { IsWhole = true };
    public NumberText Last { get; } = new(1, MostAgents) { IsWhole = true };
    public LinesText Topics { get; } = new(100, 255);

    /// <summary>Share of the messages.</summary>
    public NumberText Rate { get; } = NumberText.Required(0, 1, "0.1");

    public NumberText Delay { get; } = NumberText.Required(0.001m, 60, "1");
    public NumberText At { get; } = new(0, LongestBag);
    public NumberText For { get; } = NumberText.Required(0.001m, LongestBag, "5");
    public NumberText Every { get; } = new(0.001m, LongestBag);

    public bool LastsAWhile => FaultKinds.LastsAWhile(Kind);

    public bool HasTopics => Kind != FaultKinds.Disconnect;

    public bool IsRangeReversed => First.Value > Last.Value;

    public bool IsEveryTooShort => Every.Value <= For.Value;

    public bool IsValid =>
        Target switch { FaultTarget.Share => Share.IsValid, FaultTarget.Range => First.IsValid && Last.IsValid && !IsRangeReversed, _ => true }
        && (LastsAWhile ? At.IsValid && For.IsValid && Every.IsValid && !IsEveryTooShort : Rate.IsValid)
        && (Kind != FaultKinds.Delay || Delay.IsValid)
        && (!HasTopics || Topics.IsValid);

    public static FaultDraft Of(FaultSettings fault)
    {
        var draft = new FaultDraft
        {
            Kind = fault.Kind,
            Target = fault.Share is not null ? FaultTarget.Share : (fault.First ?? fault.Last) is not null ? FaultTarget.Range : FaultTarget.All,
        };
        if (fault.Share is not null) draft.Share.Set(fault.Share);
        draft.First.Set((long?)fault.First);
        draft.Last.Set((long?)fault.Last);
        draft.Topics.Set(fault.Topics);
        if (fault.Rate is not null) draft.Rate.Set(fault.Rate);
        if (fault.Delay is not null) draft.Delay.Set(fault.Delay);
        draft.At.Set(fault.At is > 0 ? fault.At : null);
        if (fault.For is not null) draft.For.Set(fault.For);
        draft.Every.Set(fault.Every);
        return draft;
    }

    public FaultSettings ToSettings() => new()
    {
        Kind = Kind,
        Share = Target == FaultTarget.Share ? Share.AsDouble : null,
        First = Target == FaultTarget.Range ? First.AsInt : null,
        Last = Target == FaultTarget.Range ? Last.AsInt : null,
        Topics = HasTopics ? Topics.LinesOrNull : null,
        Rate = LastsAWhile ? null : Rate.AsDouble,
        Delay = Kind == FaultKinds.Delay ? Delay.AsDouble : null,
        At = LastsAWhile && At.AsDouble is > 0 ? At.AsDouble : null,
        For = LastsAWhile ? For.AsDouble : null,
        Every = LastsAWhile ? Every.AsDouble : null,
    };
}
