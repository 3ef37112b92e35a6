namespace SimulationManager.Replay.Vda5050;

/// <summary>What becomes of a received order.</summary>
internal enum OrderFate
{
    /// <summary>It is a new order, which is taken.</summary>
    Begin,

    /// <summary>It is an update of the order at hand, which is taken.</summary>
    Extend,

    /// <summary>The vehicle has it already.</summary>
    Ignore,

    /// <summary>It is rejected.</summary>
    Reject,
}

/// <summary>The process of accepting an order or an update of one, for orders that are valid in themselves (figure 8 of both releases).</summary>
internal static class OrderRules
{
    /// <param name="order">The order.</param>
    /// <param name="contentHash">Of its content.</param>
    /// <param name="current">The order at hand, or the last one.</param>
    /// <param name="options">The vehicle's.</param>
    /// <param name="pose">Where the vehicle is, if that is known.</param>
    public static (OrderFate Fate, OrderProblem? Problem) Judge(
        OrderMessage order, ulong contentHash, OrderProgress current, Vda5050Options options, MapTransform? pose) =>
        order.OrderId != current.OrderId ? JudgeNew(order, current, options, pose) : JudgeUpdate(order, contentHash, current, options.Version);

    private static (OrderFate, OrderProblem?) JudgeNew(OrderMessage order, OrderProgress current, Vda5050Options options, MapTransform? pose)
    {
        if (current.IsActive)
            return Reject(VehicleErrorKind.OtherOrderActive, "The vehicle has not finished its order.", new("activeOrderId", current.OrderId));
        if (options.Version == Vda5050Version.V30 && (order.OrderUpdateId != 0 || order.Nodes[0]!.SequenceId != 0))
            return Reject(VehicleErrorKind.Malformed, "A new order begins with orderUpdateId 0 and sequenceId 0.");
        if (options.StartNodeMustBeInRange && !(pose is { } here && NodePlace.Of(order.Nodes[0]!.NodePosition!, options).IsPassed(here, here)))
            return Reject(VehicleErrorKind.StartOutOfRange, "The vehicle is not within the deviation of the first node.", new("nodeId", order.Nodes[0]!.NodeId));
        return (OrderFate.Begin, null);
    }

    private static (OrderFate, OrderProblem?) JudgeUpdate(OrderMessage update, ulong contentHash, OrderProgress current, Vda5050Version version)
    {
        if (update.OrderUpdateId < current.UpdateId)
            return Reject(VehicleErrorKind.OutdatedUpdate, $"The vehicle has update {current.UpdateId} of this order already.");
        if (version == Vda5050Version.V30 && current.IsCancelled)
            return Reject(VehicleErrorKind.UpdateAfterCancel, "The order was cancelled.");
        if (update.OrderUpdateId == current.UpdateId)
        {
            return version == Vda5050Version.V21 || contentHash == current.ContentHash ? (OrderFate.Ignore, null)
                : Reject(VehicleErrorKind.ChangedContent, "The vehicle has this update of the order with other content.");
        }
        return JudgeContinuation(update, current) is { } problem ? (OrderFate.Reject, problem) : (OrderFate.Extend, null);
    }

    private static OrderProblem? JudgeContinuation(OrderMessage update, OrderProgress current)
    {
        var end = current.DecisionPoint;
        if (update.Nodes[0] is not { } first || (first.NodeId, first.SequenceId) != end)
        {
            return new(VehicleErrorKind.UpdateWithoutConnection,
                $"The first node is not the last one of the base, which has sequenceId {end.SequenceId}.", new("nodeId", end.Id));
        }
        var kept = current.Actions.Where(action => action.SequenceId <= end.SequenceId).ToLookup(action => action.Id, StringComparer.Ordinal);
        var added = update.Nodes.Skip(1).SelectMany(node => node!.Actions).Concat(update.Edges.SelectMany(edge => edge!.Actions)).ToArray();
        if (added.FirstOrDefault(action => kept.Contains(action!.ActionId)) is { } twice)
            return new(VehicleErrorKind.Malformed, "The order has an action with this id already.", new("actionId", twice.ActionId));
        var open = current.Actions.Count(action => action.SequenceId <= end.SequenceId && action.Status is ActionStatus.Waiting or ActionStatus.Running);
        var nodes = current.Nodes.Count(node => node.IsReleased) + update.Nodes.Count - 1;
        return nodes > ProtocolLimits.Nodes || open + added.Length > ProtocolLimits.ActionStates
            ? new(VehicleErrorKind.TooLarge, $"With this update the order has {nodes} nodes and {open + added.Length} actions left to do.") : null;
    }

    private static (OrderFate, OrderProblem?) Reject(VehicleErrorKind kind, string description, KeyValuePair<string, string>? reference = null) =>
        (OrderFate.Reject, new OrderProblem(kind, description, reference));
}
