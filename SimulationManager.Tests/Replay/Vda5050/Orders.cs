using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

/// <summary>Messages of a fleet control. All are valid by the published schemas.</summary>
internal static class Orders
{
    /// <summary>Nodes a metre apart on the x axis: node n at (n, 0), edges between them, each with an action: <c>aN</c> on node N, <c>bN</c> on the edge to it.</summary>
    /// <param name="version">The release.</param>
    /// <param name="first">The first node.</param>
    /// <param name="released">Nodes of the base.</param>
    /// <param name="horizon">Nodes after it.</param>
    /// <param name="id">The orderId.</param>
    /// <param name="updateId">The orderUpdateId.</param>
    public static JsonObject Straight(Vda5050Version version, int first, int released, int horizon = 0, string id = "o1", uint updateId = 0)
    {
        var nodes = new JsonArray();
        var edges = new JsonArray();
        for (var n = first; n < first + released + horizon; n++)
        {
            var isReleased = n < first + released;
            nodes.Add(Node(version, n, isReleased));
            if (n > first) edges.Add(Edge(version, n, isReleased));
        }
        var order = Header(version);
        (order["orderId"], order["orderUpdateId"], order["nodes"], order["edges"]) = (id, updateId, nodes, edges);
        PublishedSchemas.AssertValid(version, "order", order);
        return order;
    }

    public static JsonObject InstantActions(Vda5050Version version, string type, string id, JsonArray? parameters = null)
    {
        var message = Header(version);
        var action = Action(type, id);
        if (parameters is not null) action["actionParameters"] = parameters;
        message["actions"] = new JsonArray(action);
        PublishedSchemas.AssertValid(version, "instantActions", message);
        return message;
    }

    public static JsonObject Action(string type, string id) => new() { ["actionType"] = type, ["actionId"] = id, ["blockingType"] = "NONE" };

    public static JsonObject Header(Vda5050Version version) => new()
    {
        ["headerId"] = 7,
        ["timestamp"] = "2026-03-01T08:00:00.00Z",
        ["version"] = version == Vda5050Version.V21 ? "2.1.0" : "3.0.0",
        ["manufacturer"] = "Acme",
        ["serialNumber"] = "r-1",
    };

    private static JsonObject Node(Vda5050Version version, int n, bool isReleased) => new()
    {
        ["nodeId"] = $"n{n}",
        ["sequenceId"] = 2 * n,
        ["released"] = isReleased,
        ["nodePosition"] = new JsonObject
        {
            ["x"] = (double)n,
            ["y"] = 0.0,
            ["mapId"] = "map",
            ["allowedDeviationXY"] = version == Vda5050Version.V21 ? 0.3 : new JsonObject { ["a"] = 0.3, ["b"] = 0.3, ["theta"] = 0.0 },
        },
        ["actions"] = new JsonArray(Action("pick", $"a{n}")),
    };

    private static JsonObject Edge(Vda5050Version version, int n, bool isReleased)
    {
        var edge = new JsonObject
        {
            ["edgeId"] = $"e{n}",
            ["sequenceId"] = (2 * n) - 1,
            ["released"] = isReleased,
            ["actions"] = new JsonArray(Action("beep", $"b{n}")),
        };
        if (version == Vda5050Version.V21) (edge["startNodeId"], edge["endNodeId"]) = ($"n{n - 1}", $"n{n}");
        return edge;
    }
}
