namespace SimulationManager.RosMessages;

/// <summary>
/// The types that rosidl generates from services and actions (rosidl_parser, <c>Service</c> and <c>Action</c>): a service's event,
/// an action's two services and its feedback message. The service and the action themselves become a type whose fields are the
/// generated ones, too: nothing is sent as such, but type hashes are made of them.
/// </summary>
internal static class GeneratedTypes
{
    /// <summary>Adds to types what follows from the requests, responses, goals, results and feedbacks among them.</summary>
    public static void AddTo(Dictionary<string, MessageType> types)
    {
        foreach (var name in types.Keys.ToArray())
        {
            if (name.Contains("/action/", StringComparison.Ordinal) && name.EndsWith("_Goal", StringComparison.Ordinal))
                AddAction(types, name[..^"_Goal".Length]);
            else if (name.Contains("/srv/", StringComparison.Ordinal) && name.EndsWith("_Request", StringComparison.Ordinal))
                AddService(types, name[..^"_Request".Length]);
        }
    }

    private static void AddService(Dictionary<string, MessageType> types, string service)
    {
        if (!types.ContainsKey($"{service}_Response"))
            return;
        Add(types, $"{service}_Event",
            Field("info", "service_msgs/msg/ServiceEventInfo"),
            Field("request", $"{service}_Request", ArrayKind.Bounded, 1),
            Field("response", $"{service}_Response", ArrayKind.Bounded, 1));
        Add(types, service,
            Field("request_message", $"{service}_Request"),
            Field("response_message", $"{service}_Response"),
            Field("event_message", $"{service}_Event"));
    }

    private static void AddAction(Dictionary<string, MessageType> types, string action)
    {
        if (!types.ContainsKey($"{action}_Result") || !types.ContainsKey($"{action}_Feedback"))
            return;
        var goalId = Field("goal_id", "unique_identifier_msgs/msg/UUID");
        Add(types, $"{action}_SendGoal_Request", goalId, Field("goal", $"{action}_Goal"));
        Add(types, $"{action}_SendGoal_Response",
            new MessageField("accepted", new FieldType { Kind = FieldKind.Bool }), Field("stamp", "builtin_interfaces/msg/Time"));
        Add(types, $"{action}_GetResult_Request", goalId);
        Add(types, $"{action}_GetResult_Response",
            new MessageField("status", new FieldType { Kind = FieldKind.Int8 }), Field("result", $"{action}_Result"));
        AddService(types, $"{action}_SendGoal");
        AddService(types, $"{action}_GetResult");
        Add(types, $"{action}_FeedbackMessage", goalId, Field("feedback", $"{action}_Feedback"));
        Add(types, action,
            Field("goal", $"{action}_Goal"),
            Field("result", $"{action}_Result"),
            Field("feedback", $"{action}_Feedback"),
            Field("send_goal_service", $"{action}_SendGoal"),
            Field("get_result_service", $"{action}_GetResult"),
            Field("feedback_message", $"{action}_FeedbackMessage"));
    }

    private static void Add(Dictionary<string, MessageType> types, string name, params MessageField[] fields) =>
        types.TryAdd(name, new MessageType(name, fields, []));

    private static MessageField Field(string name, string type, ArrayKind array = ArrayKind.None, int size = 0) =>
        new(name, new FieldType { Kind = FieldKind.Message, MessageName = type, Array = array, ArraySize = size });
}
