using System.Text.Json.Nodes;
using SimulationManager.Api.Viewing.Feeds;
using SimulationManager.RosMessages;

namespace SimulationManager.Api.Viewing.Rosbridge;

/// <summary>What pages ask about topics, types and nodes: the services of <c>rosapi</c> that say something of agents, which are the nodes here.</summary>
internal static class RosapiServices
{
    private static readonly Dictionary<string, Func<JsonObject, FeedCatalog, DateTimeOffset, JsonObject>> s_services = new(StringComparer.Ordinal)
    {
        ["topics"] = (_, catalog, _) => Topics(catalog),
        ["topics_for_type"] = (arguments, catalog, _) => new() { ["topics"] = ArrayOf(catalog.Topics().Where(topic => topic.Topic.Type == Text(arguments, "type")).Select(topic => topic.Name)) },
        ["topics_and_raw_types"] = (_, catalog, _) => TopicsAndRawTypes(catalog),
        ["topic_type"] = (arguments, catalog, _) => new() { ["type"] = catalog.Find(Text(arguments, "topic"))?.Topic.Type ?? "" },
        ["publishers"] = (arguments, catalog, _) => new() { ["publishers"] = ArrayOf(catalog.Find(Text(arguments, "topic")) is var (agent, _) ? [$"/{agent.Name}"] : []) },
        ["subscribers"] = (_, _, _) => new() { ["subscribers"] = ArrayOf([]) },
        ["nodes"] = (_, catalog, _) => new() { ["nodes"] = ArrayOf(catalog.Agents.Select(agent => $"/{agent.Name}")) },
        ["node_details"] = (arguments, catalog, _) => NodeDetails(Text(arguments, "node"), catalog),
        ["services"] = (_, _, _) => new() { ["services"] = ArrayOf(Names()) },
        ["services_for_type"] = (_, _, _) => new() { ["services"] = ArrayOf([]) },
        ["message_details"] = (arguments, catalog, _) => new() { ["typedefs"] = new JsonArray([.. TypeDefinitions(Text(arguments, "type"), catalog)]) },
        ["get_time"] = (_, _, now) => new() { ["time"] = new JsonObject { ["sec"] = now.ToUnixTimeSeconds(), ["nanosec"] = now.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick } },
        ["get_ros_version"] = (_, _, _) => new() { ["version"] = 2, ["distro"] = "" },
        ["action_servers"] = (_, _, _) => new() { ["action_servers"] = ArrayOf([]) },
    };

    private static IEnumerable<string> Names() => s_services.Keys.Select(name => $"/rosapi/{name}");

    /// <summary>Calls a service.</summary>
    /// <returns>The values, or a text that says why there are none.</returns>
    public static (JsonNode Values, bool Succeeded) Call(string service, JsonObject arguments, FeedCatalog catalog, DateTimeOffset now)
    {
        const string prefix = "rosapi/";
        var name = service.TrimStart('/');
        return name.StartsWith(prefix, StringComparison.Ordinal) && s_services.TryGetValue(name[prefix.Length..], out var call)
            ? (call(arguments, catalog, now), true)
            : ($"there is no service '{service}'; /rosapi/services lists those that there are", false);
    }

    private static JsonObject Topics(FeedCatalog catalog)
    {
        var topics = catalog.Topics().ToArray();
        return new() { ["topics"] = ArrayOf(topics.Select(topic => topic.Name)), ["types"] = ArrayOf(topics.Select(topic => topic.Topic.Type)) };
    }

    private static JsonObject TopicsAndRawTypes(FeedCatalog catalog)
    {
        var answer = Topics(catalog);
        answer["typedefs_full_text"] = ArrayOf(catalog.Topics().Select(topic => topic.Topic.Definition ?? ""));
        return answer;
    }

    private static JsonObject NodeDetails(string node, FeedCatalog catalog)
    {
        var published = catalog.Agents.FirstOrDefault(agent => $"/{agent.Name}" == node) is { } agent ? agent.Topics.All.Select(topic => FeedCatalog.NameOf(agent, topic)) : [];
        return new() { ["publishing"] = ArrayOf(published), ["subscribing"] = ArrayOf([]), ["services"] = ArrayOf([]) };
    }

    /// <summary>A type that agents use and those that it uses, each with its fields.</summary>
    private static IEnumerable<JsonNode> TypeDefinitions(string type, FeedCatalog catalog)
    {
        var schema = catalog.Agents.Select(agent => agent.Topics).Distinct().SelectMany(topics => topics.All).Select(topic => topic.Codec?.Schema).FirstOrDefault(schema => schema?.Root.Name == type)
            ?? BuiltIn(type);
        return schema?.Types.Select(TypeDefinition) ?? [];
    }

    private static MessageSchema? BuiltIn(string type)
    {
        try
        {
            return BuiltInDefinitions.Find(type, RosDistro.Kilted);
        }
        catch (RosMessageException)
        {
            // No name of a type.
            return null;
        }
    }

    private static JsonObject TypeDefinition(MessageType type) => new()
    {
        ["type"] = type.Name,
        ["fieldnames"] = ArrayOf(type.Fields.Select(field => field.Name)),
        ["fieldtypes"] = ArrayOf(type.Fields.Select(field => NameOf(field.Type))),
        ["fieldarraylen"] = new JsonArray([.. type.Fields.Select(field => JsonValue.Create(LengthOf(field.Type)))]),
        ["examples"] = ArrayOf(type.Fields.Select(field => ExampleOf(field.Type))),
        ["constnames"] = ArrayOf(type.Constants.Select(constant => constant.Name)),
        ["constvalues"] = ArrayOf(type.Constants.Select(constant => $"{constant.Value}")),
    };

    private static string NameOf(FieldType type) => type.Kind switch
    {
        FieldKind.Message => type.MessageName,
        // As ROS 2's rosapi has them.
        FieldKind.Bool => "boolean",
        FieldKind.Byte => "octet",
        FieldKind.Float32 => "float",
        FieldKind.Float64 => "double",
        var kind => kind.ToString().ToLowerInvariant(),
    };

    /// <summary>-1: no array; 0: one of any length.</summary>
    private static int LengthOf(FieldType type) => type.Array switch { ArrayKind.None => -1, ArrayKind.Fixed => type.ArraySize, _ => 0 };

    private static string ExampleOf(FieldType type) => (type.Array, type.Kind) switch
    {
        (not ArrayKind.None, _) => "[]",
        (_, FieldKind.Message) => "{}",
        (_, FieldKind.String or FieldKind.WString or FieldKind.Char or FieldKind.WChar) => "",
        (_, FieldKind.Bool) => "False",
        (_, FieldKind.Float32 or FieldKind.Float64) => "0.0",
        _ => "0",
    };

    private static string Text(JsonObject arguments, string name) => arguments[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : "";

    private static JsonArray ArrayOf(IEnumerable<string> texts) => new([.. texts.Select(text => JsonValue.Create(text))]);
}
