namespace SimulationManager.Replay.Vda5050;

/// <summary>Why a vehicle rejected what it was told.</summary>
internal enum VehicleErrorKind
{
    Malformed,
    TooLarge,
    UnsupportedAction,
    OtherOrderActive,
    StartOutOfRange,
    UnknownMap,
    OutdatedUpdate,
    UpdateWithoutConnection,
    ChangedContent,
    UpdateAfterCancel,
    NoOrderToCancel,
    UnsupportedInstantAction,
    InstantActionsFull,
}

/// <summary>An entry of the state's <c>errors</c>.</summary>
internal sealed record VehicleError(VehicleErrorKind Kind, string Description, IReadOnlyList<KeyValuePair<string, string>> References)
{
    /// <summary>Whether it is reported until an instant action is accepted; else, until an order is.</summary>
    public bool OfInstantActions { get; init; }

    /// <summary>
    /// Types and levels: chapters 6.6.3 and 6.6.4 of 2.1.0, 6.6.5.4 of 3.0.0. Where 3.0.0 names no type for a case
    /// (<c>INVALID_ORDER_UPDATE</c>) and 2.1.0 none for rejected starts and instant actions, the names are in its manner.
    /// </summary>
    public (string Type, string Level) Name(Vda5050Version version) => version == Vda5050Version.V21
        ? (Kind switch
        {
            VehicleErrorKind.Malformed => "validationError",
            VehicleErrorKind.OutdatedUpdate or VehicleErrorKind.UpdateWithoutConnection or VehicleErrorKind.UpdateAfterCancel => "orderUpdateError",
            VehicleErrorKind.StartOutOfRange => "noRouteError",
            VehicleErrorKind.NoOrderToCancel => "noOrderToCancel",
            VehicleErrorKind.UnsupportedInstantAction or VehicleErrorKind.InstantActionsFull => "instantActionError",
            _ => "orderError",
        }, "WARNING")
        : Kind switch
        {
            VehicleErrorKind.Malformed => ("VALIDATION_FAILURE", "WARNING"),
            VehicleErrorKind.TooLarge => ("INSUFFICIENT_MEMORY", "URGENT"),
            VehicleErrorKind.UnsupportedAction => ("INVALID_ORDER_ACTION", "WARNING"),
            VehicleErrorKind.OtherOrderActive => ("OTHER_ORDER_ACTIVE", "WARNING"),
            VehicleErrorKind.StartOutOfRange => ("START_NODE_OUT_OF_RANGE", "WARNING"),
            VehicleErrorKind.UnknownMap => ("UNKNOWN_MAP_ID", "WARNING"),
            VehicleErrorKind.OutdatedUpdate => ("OUTDATED_ORDER_UPDATE", "WARNING"),
            VehicleErrorKind.UpdateWithoutConnection => ("INVALID_ORDER_UPDATE", "WARNING"),
            VehicleErrorKind.ChangedContent => ("SAME_ORDER_UPDATE_ID", "WARNING"),
            VehicleErrorKind.UpdateAfterCancel => ("ORDER_UPDATE_FOLLOWING_CANCEL", "WARNING"),
            VehicleErrorKind.NoOrderToCancel => ("NO_ORDER_TO_CANCEL", "WARNING"),
            VehicleErrorKind.UnsupportedInstantAction => ("INVALID_INSTANT_ACTION", "WARNING"),
            _ => ("INSTANT_ACTION_STATES_FULL", "URGENT"),
        };
}

/// <summary>The errors that a vehicle reports: the last few, each once.</summary>
internal sealed class VehicleErrors
{
    /// <summary>At most so many are reported; the oldest gives way.</summary>
    public const int Max = 16;

    public List<VehicleError> All { get; } = [];

    public void Add(VehicleError error)
    {
        All.RemoveAll(old => old.Kind == error.Kind && old.OfInstantActions == error.OfInstantActions && old.References.SequenceEqual(error.References));
        if (All.Count == Max) All.RemoveAt(0);
        All.Add(error);
    }

    /// <summary>Ends what is reported until an order is accepted, or an instant action is.</summary>
    public void Clear(bool ofInstantActions) => All.RemoveAll(error => error.OfInstantActions == ofInstantActions);
}
