using System.Text.Json;
using System.Text.Json.Serialization;

namespace SimulationManager.Replay.Vda5050;

/// <summary>The header of a received message. Who sent it is known by its topic: what the header says of that is not used.</summary>
internal abstract record ReceivedMessage
{
    public required uint HeaderId { get; init; }
    public required string Timestamp { get; init; }
    public required string Version { get; init; }
    public required string Manufacturer { get; init; }
    public required string SerialNumber { get; init; }
}

/// <summary>The topic <c>order</c>: what a vehicle needs of it. Other fields are not looked at.</summary>
internal sealed record OrderMessage : ReceivedMessage
{
    public required string OrderId { get; init; }
    public required uint OrderUpdateId { get; init; }
    public required IReadOnlyList<ReceivedNode?> Nodes { get; init; }
    public required IReadOnlyList<ReceivedEdge?> Edges { get; init; }
}

internal sealed record ReceivedNode
{
    public required string NodeId { get; init; }
    public required uint SequenceId { get; init; }
    public required bool Released { get; init; }
    public ReceivedPosition? NodePosition { get; init; }
    public required IReadOnlyList<ReceivedAction?> Actions { get; init; }
}

internal sealed record ReceivedPosition
{
    public required double X { get; init; }
    public required double Y { get; init; }
    public double? Theta { get; init; }
    public required string MapId { get; init; }

    /// <summary>A radius in 2.1.0, an ellipse in 3.0.0.</summary>
    public JsonElement? AllowedDeviationXY { get; init; }

    public double? AllowedDeviationTheta { get; init; }
}

/// <summary>The ellipse that 3.0.0 has around a node: half-axes in metres, and the angle of the first one.</summary>
internal sealed record ReceivedEllipse
{
    public required double A { get; init; }
    public required double B { get; init; }
    public required double Theta { get; init; }
}

internal sealed record ReceivedEdge
{
    public required string EdgeId { get; init; }
    public required uint SequenceId { get; init; }
    public required bool Released { get; init; }
    public string? StartNodeId { get; init; }
    public string? EndNodeId { get; init; }
    public required IReadOnlyList<ReceivedAction?> Actions { get; init; }
}

internal sealed record ReceivedAction
{
    public required string ActionType { get; init; }
    public required string ActionId { get; init; }
    public required string BlockingType { get; init; }
    public IReadOnlyList<ReceivedParameter?>? ActionParameters { get; init; }
}

internal sealed record ReceivedParameter
{
    public required string Key { get; init; }
    public required JsonElement Value { get; init; }
}

/// <summary>The topic <c>instantActions</c>.</summary>
internal sealed record InstantActionsMessage : ReceivedMessage
{
    public required IReadOnlyList<ReceivedAction?> Actions { get; init; }
}

/// <summary>Fields that are missing or of the wrong type are errors, those that nobody knows are passed over, as far as the standard lets one.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = ProtocolLimits.Depth, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(OrderMessage))]
[JsonSerializable(typeof(InstantActionsMessage))]
[JsonSerializable(typeof(ReceivedEllipse))]
[JsonSerializable(typeof(VehicleCheckpoint))]
internal sealed partial class Vda5050Json : JsonSerializerContext;
