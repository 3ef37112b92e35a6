namespace SimulationManager.Replay.Vda5050;

/// <summary>Carries out instant actions, which a replayed robot does at once or not at all.</summary>
internal sealed class InstantActionReceiver(Vda5050Options options, VehicleStatus status)
{
    /// <summary>Carries out a message of instant actions. They always change the state, if only by being told of.</summary>
    /// <returns>Whether the factsheet was asked for.</returns>
    public bool Receive(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > ProtocolLimits.MessageLength)
            return Reject(VehicleErrorKind.Malformed, $"The message has {payload.Length} bytes; at most {ProtocolLimits.MessageLength} are accepted.", []);
        if (ReceivedJson.Read(payload, Vda5050Json.Default.InstantActionsMessage, out var malformed) is not { } message)
            return Reject(VehicleErrorKind.Malformed, malformed, ReceivedJson.FindReferences(payload));
        var invalid = message.Actions.Count > ProtocolLimits.Actions ? $"The message has {message.Actions.Count} actions; at most {ProtocolLimits.Actions} are accepted."
            : message.Actions.Select(action => OrderValidation.FindInAction(action, options.Version, isInstant: true)).FirstOrDefault(problem => problem is not null);
        if (invalid is not null) return Reject(VehicleErrorKind.Malformed, invalid, [new("headerId", $"{message.HeaderId}")]);

        foreach (var action in message.Actions) Carry(action!);
        return message.Actions.Any(action => action!.ActionType == InstantActionList.FactsheetRequest);
    }

    private void Carry(ReceivedAction action)
    {
        string? failure = null;
        if (!InstantActionList.Supported(options.Version).Contains(action.ActionType))
        {
            failure = "A replayed robot does not have this action.";
            Reject(VehicleErrorKind.UnsupportedInstantAction, failure, ReferenceTo(action));
        }
        else
        {
            status.Errors.Clear(ofInstantActions: true);
            if (action.ActionType == InstantActionList.CancelOrder) failure = Cancel(action);
            else if (action.ActionType == InstantActionList.StartPause) status.IsPaused = true;
            else if (action.ActionType == InstantActionList.StopPause) status.IsPaused = false;
            else if (action.ActionType == ProtocolNames.Of(options.Version).ClearInstantActions) status.InstantActions.Clear();
        }
        var isFull = status.InstantActions.Add(new InstantAction(
            action.ActionId, action.ActionType, failure is null ? ActionStatus.Finished : ActionStatus.Failed, failure));
        if (isFull && options.Version == Vda5050Version.V30)
            Reject(VehicleErrorKind.InstantActionsFull, "The oldest instant actions are no longer reported.", []);
    }

    /// <returns>Why not, or null.</returns>
    private string? Cancel(ReceivedAction action)
    {
        var meant = options.Version == Vda5050Version.V30 ? action.ActionParameters?.FirstOrDefault(parameter => parameter!.Key == "orderId") : null;
        var isMeant = meant is null || (meant.Value.ValueKind == System.Text.Json.JsonValueKind.String && meant.Value.ValueEquals(status.Order.OrderId));
        if (status.Order.IsActive && isMeant)
        {
            status.Order.Cancel();
            return null;
        }
        const string Failure = "There is no such order to cancel.";
        status.Errors.Add(new VehicleError(VehicleErrorKind.NoOrderToCancel, Failure, ReferenceTo(action)));
        return Failure;
    }

    private bool Reject(VehicleErrorKind kind, string description, List<KeyValuePair<string, string>> references)
    {
        status.Errors.Add(new VehicleError(kind, ReceivedJson.Shorten(description), references) { OfInstantActions = true });
        return false;
    }

    private static List<KeyValuePair<string, string>> ReferenceTo(ReceivedAction action) => [new("actionId", action.ActionId)];
}
