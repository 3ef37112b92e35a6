using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>
/// Whether an order is one: what the JSON schema says of the fields that are used, and what the text says of how nodes and edges follow
/// each other (chapter 6.6 of 2.1.0, 6.1.1 of 3.0.0).
/// </summary>
internal static class OrderValidation
{
    /// <summary>π as the schemas bound angles.</summary>
    private const double Pi = 3.14159265359;

    /// <summary>The first thing that is wrong, or null.</summary>
    public static OrderProblem? Find(OrderMessage order, Vda5050Options options) =>
        order.Nodes.Count == 0 ? Malformed("The order has no node.")
        : order.Nodes.Count > ProtocolLimits.Nodes ? new(VehicleErrorKind.TooLarge, $"The order has {order.Nodes.Count} nodes; at most {ProtocolLimits.Nodes} are accepted.")
        : order.Edges.Count != order.Nodes.Count - 1 ? Malformed($"The order has {order.Nodes.Count} nodes and {order.Edges.Count} edges.")
        : !IsId(order.OrderId) ? Malformed($"The orderId must have 1 to {ProtocolLimits.IdLength} characters.")
        : order.Nodes[0] is not { Released: true } ? Malformed("The first node is not released.")
        : FindInSequence(order, options.Version) ?? FindInActions(order, options) ?? FindOnMap(order, options);

    private static OrderProblem? FindInSequence(OrderMessage order, Vda5050Version version)
    {
        var first = (long)order.Nodes[0]!.SequenceId;
        var isReleased = true;
        for (var i = 0; i < order.Nodes.Count; i++)
        {
            if (order.Nodes[i] is not { } node || !IsId(node.NodeId)) return Malformed($"nodes[{i}] has no valid nodeId.");
            if (node.SequenceId != first + (2L * i)) return Malformed($"nodes[{i}] has sequenceId {node.SequenceId} instead of {first + (2L * i)}.");
            if (FindInPosition(node, version) is { } problem) return Malformed($"nodes[{i}]{problem}");
            if (i == 0) continue;
            if (order.Edges[i - 1] is not { } edge || !IsId(edge.EdgeId)) return Malformed($"edges[{i - 1}] has no valid edgeId.");
            if (edge.SequenceId != first + (2L * i) - 1) return Malformed($"edges[{i - 1}] has sequenceId {edge.SequenceId} instead of {first + (2L * i) - 1}.");
            if (edge.Released != node.Released || (node.Released && !isReleased))
                return Malformed($"edges[{i - 1}] and nodes[{i}] are released where the base has ended, or only one of them is.");
            if (version == Vda5050Version.V21 && (edge.StartNodeId != order.Nodes[i - 1]!.NodeId || edge.EndNodeId != node.NodeId))
                return Malformed($"edges[{i - 1}] does not join the nodes before and after it.");
            isReleased = node.Released;
        }
        return null;
    }

    private static string? FindInPosition(ReceivedNode node, Vda5050Version version) =>
        node.NodePosition is not { } position ? " has no nodePosition: a replayed robot knows nodes by their positions only."
        : !double.IsFinite(position.X) || !double.IsFinite(position.Y) ? ".nodePosition is out of range."
        : position.Theta is < -Pi or > Pi or double.NaN ? ".nodePosition.theta is out of range."
        : position.AllowedDeviationTheta is < -Pi or > Pi or double.NaN ? ".nodePosition.allowedDeviationTheta is out of range."
        : !IsId(position.MapId) ? ".nodePosition.mapId is no valid id."
        : DeviationOf(position, version) is null ? ".nodePosition.allowedDeviationXY is malformed or out of range."
        : null;

    /// <summary>The deviation that an order gives, as an ellipse; one of size 0 if it gives none; null if it is malformed.</summary>
    public static ReceivedEllipse? DeviationOf(ReceivedPosition position, Vda5050Version version)
    {
        var ellipse = position.AllowedDeviationXY switch
        {
            null => new ReceivedEllipse { A = 0, B = 0, Theta = 0 },
            { ValueKind: JsonValueKind.Number } radius when version == Vda5050Version.V21 => new ReceivedEllipse { A = radius.GetDouble(), B = radius.GetDouble(), Theta = 0 },
            { ValueKind: JsonValueKind.Object } axes when version == Vda5050Version.V30 => Ellipse(axes),
            _ => null,
        };
        return ellipse is { A: >= 0 and < double.PositiveInfinity, B: >= 0 and < double.PositiveInfinity, Theta: >= -Pi / 2 and <= Pi / 2 } ? ellipse : null;
    }

    private static ReceivedEllipse? Ellipse(JsonElement axes)
    {
        try
        {
            return axes.Deserialize(Vda5050Json.Default.ReceivedEllipse);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static OrderProblem? FindInActions(OrderMessage order, Vda5050Options options)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var actions in order.Nodes.Select(node => node!.Actions).Concat(order.Edges.Select(edge => edge!.Actions)))
        {
            if (actions.Count > ProtocolLimits.Actions)
                return new(VehicleErrorKind.TooLarge, $"A node or edge has {actions.Count} actions; at most {ProtocolLimits.Actions} are accepted.");
            foreach (var action in actions)
            {
                if (FindInAction(action, options.Version, isInstant: false) is { } problem) return Malformed(problem);
                if (!ids.Add(action!.ActionId)) return Malformed($"The actionId {action.ActionId} is used twice.");
                if (options.Type.OrderActions?.Contains(action.ActionType, StringComparer.Ordinal) == false)
                    return new(VehicleErrorKind.UnsupportedAction, $"The vehicle does not have the action {action.ActionType}.", new("actionId", action.ActionId));
            }
        }
        return ids.Count > ProtocolLimits.ActionStates
            ? new(VehicleErrorKind.TooLarge, $"The order has {ids.Count} actions; at most {ProtocolLimits.ActionStates} are accepted.") : null;
    }

    /// <summary>What is wrong with an action, or null.</summary>
    public static string? FindInAction(ReceivedAction? action, Vda5050Version version, bool isInstant)
    {
        if (action is null || !IsId(action.ActionId) || !IsId(action.ActionType)) return $"An action's id and type must have 1 to {ProtocolLimits.IdLength} characters.";
        var isBlockingType = version == Vda5050Version.V21 ? action.BlockingType is "NONE" or "SOFT" or "HARD"
            : action.BlockingType is "NONE" || (!isInstant && action.BlockingType is "SOFT" or "SINGLE" or "HARD");
        return !isBlockingType ? $"The action {action.ActionId} has a blockingType that is none here."
            : action.ActionParameters?.Any(parameter => parameter is null || parameter.Value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined) == true
                ? $"The action {action.ActionId} has a parameter without a value."
            : null;
    }

    private static OrderProblem? FindOnMap(OrderMessage order, Vda5050Options options) =>
        order.Nodes.FirstOrDefault(node => node!.NodePosition!.MapId != options.MapId) is { } node
            ? new(VehicleErrorKind.UnknownMap, $"The vehicle is on the map {options.MapId}.", new("nodeId", node.NodeId)) : null;

    private static bool IsId(string? id) => id is { Length: > 0 and <= ProtocolLimits.IdLength };

    private static OrderProblem Malformed(string description) => new(VehicleErrorKind.Malformed, description);
}

/// <summary>Why an order is rejected, with what it is about besides the order.</summary>
internal sealed record OrderProblem(VehicleErrorKind Kind, string Description, KeyValuePair<string, string>? Reference = null);
