using System.Text.Json;

namespace SimulationManager.Replay.Vda5050;

/// <summary>Writes the topic <c>factsheet</c> (chapter 6.15 of 2.1.0, 7.10 of 3.0.0).</summary>
internal sealed class FactsheetJson
{
    /// <summary>What the factsheet lists when every action is accepted: the standard's own that have no parameters which are required.</summary>
    private static readonly string[] s_orderActions = ["pick", "drop", "detectObject", "finePositioning", "startCharging", "stopCharging"];

    private readonly Utf8JsonWriter _writer;
    private readonly Vda5050Options _options;
    private readonly bool _isV30;

    private FactsheetJson(Utf8JsonWriter writer, Vda5050Options options) =>
        (_writer, _options, _isV30) = (writer, options, options.Version == Vda5050Version.V30);

    public static byte[] Write(Vda5050Options options, uint headerId, DateTimeOffset now)
    {
        var json = MessageJson.Begin(options, headerId, now);
        new FactsheetJson(json.Writer, options).Write();
        return json.End();
    }

    private void Write()
    {
        WriteTypeSpecification();
        WritePhysicalParameters();
        WriteProtocolLimits();
        WriteProtocolFeatures();
        _writer.WriteStartObject(_isV30 ? "mobileRobotGeometry" : "agvGeometry");
        _writer.WriteEndObject();
        _writer.WriteStartObject("loadSpecification"u8);
        _writer.WriteEndObject();
    }

    private void WriteTypeSpecification()
    {
        var type = _options.Type;
        _writer.WriteStartObject("typeSpecification"u8);
        _writer.WriteString("seriesName"u8, type.SeriesName);
        _writer.WriteString("seriesDescription"u8, type.Description);
        _writer.WriteString(_isV30 ? "mobileRobotKinematics" : "agvKinematic", type.Kinematics switch
        {
            VehicleKinematics.Omnidirectional => _isV30 ? "OMNIDIRECTIONAL" : "OMNI",
            VehicleKinematics.ThreeWheel => _isV30 ? "THREE_WHEEL" : "THREEWHEEL",
            _ => _isV30 ? "DIFFERENTIAL" : "DIFF",
        });
        _writer.WriteString(_isV30 ? "mobileRobotClass" : "agvClass", type.Class switch
        {
            VehicleClass.Forklift => "FORKLIFT",
            VehicleClass.Conveyor => "CONVEYOR",
            VehicleClass.Tugger => "TUGGER",
            _ => "CARRIER",
        });
        _writer.WriteNumber(_isV30 ? "maximumLoadMass" : "maxLoadMass", type.MaxLoadMass);
        WriteStrings("localizationTypes", ["NATURAL"]);
        WriteStrings("navigationTypes", [_isV30 ? "FREELY_NAVIGATING" : "AUTONOMOUS"]);
        _writer.WriteEndObject();
    }

    private void WritePhysicalParameters()
    {
        var type = _options.Type;
        _writer.WriteStartObject("physicalParameters"u8);
        _writer.WriteNumber(_isV30 ? "minimumSpeed" : "speedMin", type.MinSpeed);
        _writer.WriteNumber(_isV30 ? "maximumSpeed" : "speedMax", type.MaxSpeed);
        _writer.WriteNumber(_isV30 ? "maximumAcceleration" : "accelerationMax", type.MaxAcceleration);
        _writer.WriteNumber(_isV30 ? "maximumDeceleration" : "decelerationMax", type.MaxDeceleration);
        _writer.WriteNumber(_isV30 ? "minimumHeight" : "heightMin", type.Height);
        _writer.WriteNumber(_isV30 ? "maximumHeight" : "heightMax", type.Height);
        _writer.WriteNumber("width"u8, type.Width);
        _writer.WriteNumber("length"u8, type.Length);
        _writer.WriteEndObject();
    }

    private void WriteProtocolLimits()
    {
        _writer.WriteStartObject("protocolLimits"u8);
        _writer.WriteStartObject(_isV30 ? "maximumStringLengths" : "maxStringLens");
        _writer.WriteNumber(_isV30 ? "maximumMessageLength" : "msgLen", ProtocolLimits.MessageLength);
        _writer.WriteNumber(_isV30 ? "maximumIdLength" : "idLen", ProtocolLimits.IdLength);
        _writer.WriteBoolean("idNumericalOnly"u8, false);
        _writer.WriteEndObject();
        _writer.WriteStartObject(_isV30 ? "maximumArrayLengths" : "maxArrayLens");
        _writer.WriteNumber("order.nodes"u8, ProtocolLimits.Nodes);
        _writer.WriteNumber("order.edges"u8, ProtocolLimits.Nodes - 1);
        _writer.WriteNumber("node.actions"u8, ProtocolLimits.Actions);
        _writer.WriteNumber("edge.actions"u8, ProtocolLimits.Actions);
        _writer.WriteNumber("instantActions"u8, ProtocolLimits.Actions);
        _writer.WriteNumber("state.nodeStates"u8, ProtocolLimits.Nodes);
        _writer.WriteNumber("state.edgeStates"u8, ProtocolLimits.Nodes);
        _writer.WriteNumber("state.actionStates"u8, ProtocolLimits.ActionStates + (_isV30 ? 0 : ProtocolLimits.InstantActionStates));
        if (_isV30) _writer.WriteNumber("state.instantActionStates"u8, ProtocolLimits.InstantActionStates);
        _writer.WriteNumber("state.errors"u8, VehicleErrors.Max);
        _writer.WriteNumber("error.errorReferences"u8, ProtocolLimits.ErrorReferences);
        _writer.WriteEndObject();
        _writer.WriteStartObject("timing"u8);
        _writer.WriteNumber(_isV30 ? "minimumOrderInterval" : "minOrderInterval", 0);
        _writer.WriteNumber(_isV30 ? "minimumStateInterval" : "minStateInterval", _options.MinStateInterval.TotalSeconds);
        _writer.WriteNumber("defaultStateInterval"u8, _options.StateInterval.TotalSeconds);
        if (_options.VisualizationRate > 0) _writer.WriteNumber("visualizationInterval"u8, 1 / _options.VisualizationRate);
        _writer.WriteEndObject();
        _writer.WriteEndObject();
    }

    private void WriteProtocolFeatures()
    {
        _writer.WriteStartObject("protocolFeatures"u8);
        _writer.WriteStartArray("optionalParameters"u8);
        WriteParameter("order.nodes.nodePosition", "REQUIRED");
        WriteParameter("order.nodes.nodePosition.theta", "SUPPORTED");
        WriteParameter("order.nodes.nodePosition.allowedDeviationXY", "SUPPORTED");
        WriteParameter("order.nodes.nodePosition.allowedDeviationTheta", "SUPPORTED");
        _writer.WriteEndArray();
        _writer.WriteStartArray(_isV30 ? "mobileRobotActions" : "agvActions");
        foreach (var action in InstantActionList.Supported(_options.Version)) WriteAction(action, ["INSTANT"]);
        foreach (var action in _options.Type.OrderActions ?? s_orderActions) WriteAction(action, ["NODE", "EDGE"]);
        _writer.WriteEndArray();
        _writer.WriteEndObject();
    }

    private void WriteParameter(string name, string support)
    {
        _writer.WriteStartObject();
        _writer.WriteString("parameter"u8, name);
        _writer.WriteString("support"u8, support);
        _writer.WriteEndObject();
    }

    private void WriteAction(string type, ReadOnlySpan<string> scopes)
    {
        _writer.WriteStartObject();
        _writer.WriteString("actionType"u8, type);
        WriteStrings("actionScopes", scopes);
        if (_isV30)
        {
            _writer.WriteBoolean("pauseAllowed"u8, false);
            _writer.WriteBoolean("cancelAllowed"u8, !scopes.Contains("INSTANT"));
        }
        _writer.WriteEndObject();
    }

    private void WriteStrings(string name, ReadOnlySpan<string> values)
    {
        _writer.WriteStartArray(name);
        foreach (var value in values) _writer.WriteStringValue(value);
        _writer.WriteEndArray();
    }
}
