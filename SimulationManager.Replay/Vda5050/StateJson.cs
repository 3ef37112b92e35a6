using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Writes the topic <c>state</c> (chapter 6.10.6 of 2.1.0, 7.8 of 3.0.0).</summary>
internal static class StateJson
{
    public static byte[] Write(Vda5050Options options, uint headerId, DateTimeOffset now, VehicleStatus status)
    {
        var json = MessageJson.Begin(options, headerId, now);
        var writer = json.Writer;
        WriteMap(writer, options);
        WriteOrder(writer, options, status.Order);
        MotionJson.Write(writer, options, status);
        writer.WriteBoolean("driving"u8, status.IsDriving);
        writer.WriteBoolean("paused"u8, status.IsPaused);
        writer.WriteBoolean("newBaseRequest"u8, status.Order.NeedsBase);
        WriteActions(writer, options, status);
        WriteCondition(writer, options, status);
        WriteErrors(writer, options, status.Errors);
        return json.End();
    }

    private static void WriteMap(Utf8JsonWriter writer, Vda5050Options options)
    {
        writer.WriteStartArray("maps"u8);
        writer.WriteStartObject();
        writer.WriteString("mapId"u8, options.MapId);
        writer.WriteString("mapVersion"u8, options.MapVersion);
        writer.WriteString("mapStatus"u8, "ENABLED"u8);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }

    private static void WriteOrder(Utf8JsonWriter writer, Vda5050Options options, OrderProgress order)
    {
        writer.WriteString("orderId"u8, order.OrderId);
        writer.WriteNumber("orderUpdateId"u8, order.UpdateId);
        writer.WriteString("lastNodeId"u8, order.LastNodeId);
        writer.WriteNumber("lastNodeSequenceId"u8, order.LastSequenceId);
        writer.WriteStartArray("nodeStates"u8);
        foreach (var node in order.Nodes)
        {
            writer.WriteStartObject();
            writer.WriteString("nodeId"u8, node.Id);
            writer.WriteNumber("sequenceId"u8, node.SequenceId);
            writer.WriteBoolean("released"u8, node.IsReleased);
            writer.WriteStartObject("nodePosition"u8);
            writer.WriteNumber("x"u8, node.Place.X);
            writer.WriteNumber("y"u8, node.Place.Y);
            if (node.Place.Theta is { } theta) writer.WriteNumber("theta"u8, theta);
            writer.WriteString("mapId"u8, options.MapId);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteStartArray("edgeStates"u8);
        foreach (var edge in order.Edges)
        {
            writer.WriteStartObject();
            writer.WriteString("edgeId"u8, edge.Id);
            writer.WriteNumber("sequenceId"u8, edge.SequenceId);
            writer.WriteBoolean("released"u8, edge.IsReleased);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    /// <summary>2.1.0 has one list for the actions of orders and instant actions, 3.0.0 two.</summary>
    private static void WriteActions(Utf8JsonWriter writer, Vda5050Options options, VehicleStatus status)
    {
        var names = ProtocolNames.Of(options.Version);
        writer.WriteStartArray("actionStates"u8);
        foreach (var action in status.Order.Actions) WriteAction(writer, names, action.Id, action.Type, action.Status, result: null);
        if (options.Version == Vda5050Version.V30)
        {
            writer.WriteEndArray();
            writer.WriteStartArray("instantActionStates"u8);
        }
        foreach (var action in status.InstantActions.All) WriteAction(writer, names, action.Id, action.Type, action.Status, action.Result);
        writer.WriteEndArray();
    }

    private static void WriteAction(Utf8JsonWriter writer, ProtocolNames names, string id, string type, ActionStatus status, string? result)
    {
        writer.WriteStartObject();
        writer.WriteString("actionId"u8, id);
        writer.WriteString("actionType"u8, type);
        writer.WriteString("actionStatus"u8, status switch
        {
            ActionStatus.Waiting => "WAITING"u8,
            ActionStatus.Running => "RUNNING"u8,
            ActionStatus.Finished => "FINISHED"u8,
            _ => "FAILED"u8,
        });
        if (result is not null) writer.WriteString(names.ActionResult, result);
        writer.WriteEndObject();
    }

    private static void WriteCondition(Utf8JsonWriter writer, Vda5050Options options, VehicleStatus status)
    {
        var names = ProtocolNames.Of(options.Version);
        writer.WriteStartObject(names.Power);
        writer.WriteNumber(names.Charge, status.Charge);
        writer.WriteBoolean("charging"u8, status.IsCharging);
        writer.WriteEndObject();
        writer.WriteString("operatingMode"u8, "AUTOMATIC"u8);
        writer.WriteStartObject("safetyState"u8);
        writer.WriteString(names.EmergencyStop, "NONE"u8);
        writer.WriteBoolean("fieldViolation"u8, false);
        writer.WriteEndObject();
    }

    private static void WriteErrors(Utf8JsonWriter writer, Vda5050Options options, VehicleErrors errors)
    {
        writer.WriteStartArray("errors"u8);
        foreach (var error in errors.All)
        {
            var (type, level) = error.Name(options.Version);
            writer.WriteStartObject();
            writer.WriteString("errorType"u8, type);
            writer.WriteString("errorLevel"u8, level);
            writer.WriteString("errorDescription"u8, error.Description);
            writer.WriteStartArray("errorReferences"u8);
            foreach (var (key, value) in error.References)
            {
                writer.WriteStartObject();
                writer.WriteString("referenceKey"u8, key);
                writer.WriteString("referenceValue"u8, value);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }
}
