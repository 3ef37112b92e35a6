namespace SimulationManager.Replay.Vda5050;

/// <summary>An instant action that was received. All end at once.</summary>
internal sealed record InstantAction(string Id, string Type, ActionStatus Status, string? Result);

/// <summary>The instant actions that a vehicle reports: the last few.</summary>
internal sealed class InstantActionList
{
    public const string StartPause = "startPause";
    public const string StopPause = "stopPause";
    public const string CancelOrder = "cancelOrder";
    public const string StateRequest = "stateRequest";
    public const string FactsheetRequest = "factsheetRequest";

    public List<InstantAction> All { get; } = [];

    /// <summary>The instant actions that a vehicle carries out.</summary>
    public static IEnumerable<string> Supported(Vda5050Version version)
    {
        string[] always = [StartPause, StopPause, CancelOrder, StateRequest, FactsheetRequest];
        return ProtocolNames.Of(version).ClearInstantActions is { } clear ? [.. always, clear] : always;
    }

    /// <summary>Adds an action; one that was received before under the same id is replaced.</summary>
    /// <returns>Whether the oldest had to give way.</returns>
    public bool Add(InstantAction action)
    {
        All.RemoveAll(old => old.Id == action.Id);
        var isFull = All.Count == ProtocolLimits.InstantActionStates;
        if (isFull) All.RemoveAt(0);
        All.Add(action);
        return isFull;
    }

    public void Clear() => All.Clear();
}
