using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

public class OrderTests
{
    public static TheoryData<Vda5050Version> Versions => DrivenVehicle.Versions;

    [Theory, MemberData(nameof(Versions))]
    public void Nodes_are_passed_by_position_and_in_sequence(Vda5050Version version)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, first: 0, released: 3, horizon: 1));
        AssertProgress(vehicle, "n0", 0, ["n1", "n2", "n3"], ["e1", "e2", "e3"]);
        Assert.Equal(("FINISHED", "RUNNING", "WAITING", "WAITING"), (vehicle.StatusOf("a0"), vehicle.StatusOf("b1"), vehicle.StatusOf("a1"), vehicle.StatusOf("b2")));

        vehicle.MoveTo(0, 9).MoveTo(2, 0);
        AssertProgress(vehicle, "n0", 0, ["n1", "n2", "n3"], ["e1", "e2", "e3"]);

        vehicle.MoveTo(0, 9).MoveTo(0.75, 0.1);
        AssertProgress(vehicle, "n1", 2, ["n2", "n3"], ["e2", "e3"]);
        Assert.Equal(("FINISHED", "FINISHED", "RUNNING"), (vehicle.StatusOf("b1"), vehicle.StatusOf("a1"), vehicle.StatusOf("b2")));
        Assert.True(vehicle.State["newBaseRequest"]!.GetValue<bool>());

        vehicle.MoveTo(2, 0).MoveTo(3, 0);
        AssertProgress(vehicle, "n2", 4, ["n3"], ["e3"]);
        Assert.Equal(("FINISHED", "WAITING", "WAITING"), (vehicle.StatusOf("a2"), vehicle.StatusOf("b3"), vehicle.StatusOf("a3")));
    }

    [Theory, MemberData(nameof(Versions))]
    public void An_order_that_is_done_leaves_nothing_and_makes_room_for_the_next(Vda5050Version version)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        vehicle.MoveTo(1, 0);
        AssertProgress(vehicle, "n1", 2, [], []);
        Assert.Equal("o1", vehicle.State["orderId"]!.GetValue<string>());

        vehicle.Send("order", Orders.Straight(version, 0, 2, id: "o2"));
        AssertProgress(vehicle, "n1", 2, ["n0", "n1"], ["e1"]);
        Assert.Equal("o2", vehicle.State["orderId"]!.GetValue<string>());
        Assert.Equal(["WAITING", "WAITING", "WAITING"], vehicle.Strings("actionStates", "actionStatus"));
    }

    [Theory, MemberData(nameof(Versions))]
    public void An_update_replaces_the_horizon_and_leaves_the_base(Vda5050Version version)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2, horizon: 2));
        vehicle.Send("order", Orders.Straight(version, 1, 2, horizon: 1, updateId: 1));

        Assert.Empty(vehicle.Errors);
        Assert.Equal(1, vehicle.State["orderUpdateId"]!.GetValue<int>());
        AssertProgress(vehicle, "n0", 0, ["n1", "n2", "n3"], ["e1", "e2", "e3"]);
        Assert.Equal([true, true, false], vehicle.State["nodeStates"]!.AsArray().Select(node => node!["released"]!.GetValue<bool>()));
        Assert.Equal(["a0", "a1", "a2", "a3", "b1", "b2", "b3"], vehicle.Strings("actionStates", "actionId").Order());

        vehicle.Send("order", Orders.Straight(version, 2, 1, updateId: 2));
        AssertProgress(vehicle, "n0", 0, ["n1", "n2"], ["e1", "e2"]);
        Assert.Null(vehicle.StatusOf("a3"));
    }

    [Theory, MemberData(nameof(Versions))]
    public void An_update_goes_on_from_where_the_order_ended(Vda5050Version version)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        vehicle.MoveTo(1, 0);
        vehicle.Send("order", Orders.Straight(version, 1, 2, updateId: 1));

        AssertProgress(vehicle, "n1", 2, ["n2"], ["e2"]);
        Assert.Equal(("FINISHED", "RUNNING"), (vehicle.StatusOf("a1"), vehicle.StatusOf("b2")));
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "orderUpdateError")]
    [InlineData(Vda5050Version.V30, "OUTDATED_ORDER_UPDATE")]
    public void An_older_update_is_an_error(Vda5050Version version, string error)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2, horizon: 1));
        vehicle.Send("order", Orders.Straight(version, 1, 2, updateId: 5));
        vehicle.Send("order", Orders.Straight(version, 1, 2, updateId: 4));

        AssertRejected(vehicle, error, "o1", 4);
        Assert.Equal(5, vehicle.State["orderUpdateId"]!.GetValue<int>());
        AssertProgress(vehicle, "n0", 0, ["n1", "n2"], ["e1", "e2"]);
    }

    [Theory, MemberData(nameof(Versions))]
    public void The_same_update_is_ignored(Vda5050Version version)
    {
        var vehicle = At(version, 0);
        var order = Orders.Straight(version, 0, 3);
        vehicle.Send("order", order);
        var states = vehicle.Count("state");
        order["headerId"] = 8;
        order["timestamp"] = "2026-03-01T08:01:00.00Z";
        vehicle.Send("order", order);

        Assert.Equal(states, vehicle.Count("state"));
        vehicle.Wait(11);
        Assert.Empty(vehicle.Errors);
    }

    [Theory]
    [InlineData(Vda5050Version.V21, null)]
    [InlineData(Vda5050Version.V30, "SAME_ORDER_UPDATE_ID")]
    public void The_same_update_with_other_content_is_an_error_since_3_0(Vda5050Version version, string? error)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 3));
        vehicle.Send("order", Orders.Straight(version, 0, 4));

        AssertProgress(vehicle, "n0", 0, ["n1", "n2"], ["e1", "e2"]);
        Assert.Equal(error is null ? [] : [error], vehicle.Errors);
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "orderUpdateError")]
    [InlineData(Vda5050Version.V30, "INVALID_ORDER_UPDATE")]
    public void An_update_that_begins_elsewhere_is_an_error(Vda5050Version version, string error)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 3));
        vehicle.Send("order", Orders.Straight(version, 1, 3, updateId: 1));

        AssertRejected(vehicle, error, "o1", 1);
        Assert.Equal(0, vehicle.State["orderUpdateId"]!.GetValue<int>());
        Assert.Contains(vehicle.State["errors"]![0]!["errorReferences"]!.AsArray(), reference => reference!["referenceValue"]!.GetValue<string>() == "n2");
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "orderError")]
    [InlineData(Vda5050Version.V30, "OTHER_ORDER_ACTIVE")]
    public void Another_order_has_to_wait_for_the_first(Vda5050Version version, string error)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        vehicle.Send("order", Orders.Straight(version, 0, 2, id: "o2"));
        AssertRejected(vehicle, error, "o2", 0);
        Assert.Equal("o1", vehicle.State["orderId"]!.GetValue<string>());

        vehicle.MoveTo(1, 0);
        Assert.Equal([error], vehicle.Errors);
        vehicle.Send("order", Orders.Straight(version, 0, 2, id: "o2"));
        Assert.Empty(vehicle.Errors);
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "orderError")]
    [InlineData(Vda5050Version.V30, "UNKNOWN_MAP_ID")]
    public void Nodes_on_other_maps_are_rejected(Vda5050Version version, string error)
    {
        var vehicle = At(version, 0);
        var order = Orders.Straight(version, 0, 2);
        order["nodes"]![1]!["nodePosition"]!["mapId"] = "cellar";
        vehicle.Send("order", order);

        AssertRejected(vehicle, error, "o1", 0);
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "noRouteError")]
    [InlineData(Vda5050Version.V30, "START_NODE_OUT_OF_RANGE")]
    public void A_start_out_of_range_is_rejected_where_that_is_asked_for(Vda5050Version version, string error)
    {
        var vehicle = new DrivenVehicle(version, options => options with { StartNodeMustBeInRange = true }).Connect();
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        AssertRejected(vehicle, error, "o1", 0);
        vehicle.MoveTo(0.4, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        AssertRejected(vehicle, error, "o1", 0);

        vehicle.MoveTo(0.2, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2));
        AssertProgress(vehicle, "n0", 0, ["n1"], ["e1"]);
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "orderError")]
    [InlineData(Vda5050Version.V30, "INVALID_ORDER_ACTION")]
    public void Actions_that_the_vehicle_does_not_have_are_rejected(Vda5050Version version, string error)
    {
        var vehicle = new DrivenVehicle(version, options => options with { Type = new VehicleType { OrderActions = ["pick"] } }).Connect().MoveTo(0, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 1));
        Assert.Empty(vehicle.Errors);
        vehicle.Send("order", Orders.Straight(version, 0, 2, id: "o2"));
        AssertRejected(vehicle, error, "o2", 0);
    }

    [Fact]
    public void Ellipses_and_angles_bound_what_counts_as_there()
    {
        var vehicle = At(Vda5050Version.V30, -5);
        var order = Orders.Straight(Vda5050Version.V30, 0, 1);
        var position = order["nodes"]![0]!["nodePosition"]!;
        position["allowedDeviationXY"] = new JsonObject { ["a"] = 2, ["b"] = 0.1, ["theta"] = Math.PI / 4 };
        (position["theta"], position["allowedDeviationTheta"]) = (Math.PI - 0.1, 0.3);
        vehicle.Send("order", order);

        vehicle.MoveTo(1, -1, Math.PI).MoveTo(1.2, 1, 0);
        AssertProgress(vehicle, "", 0, ["n0"], []);
        vehicle.MoveTo(1.2, 1.2, 0.1 - Math.PI);
        AssertProgress(vehicle, "n0", 0, [], []);
    }

    [Fact]
    public void A_node_between_two_poses_is_passed_but_not_one_on_a_jump()
    {
        var order = Orders.Straight(Vda5050Version.V21, 0, 1);
        order["nodes"]![0]!["nodePosition"]!["allowedDeviationXY"] = 0.05;
        var slow = At(Vda5050Version.V21, -0.9);
        slow.Send("order", order);
        slow.MoveTo(0.9, 0.04);
        AssertProgress(slow, "n0", 0, [], []);

        var jumping = At(Vda5050Version.V21, -9);
        jumping.Send("order", order);
        jumping.MoveTo(9, 0);
        AssertProgress(jumping, "", 0, ["n0"], []);
    }

    [Theory, MemberData(nameof(Versions))]
    public void The_vehicles_own_tolerance_counts_where_the_order_gives_none(Vda5050Version version)
    {
        var order = Orders.Straight(version, 0, 1);
        order["nodes"]![0]!["nodePosition"]!.AsObject().Remove("allowedDeviationXY");
        var vehicle = At(version, 5);
        vehicle.Send("order", order);
        AssertProgress(vehicle.MoveTo(0.51, 0), "", 0, ["n0"], []);
        AssertProgress(vehicle.MoveTo(0.49, 0), "n0", 0, [], []);
    }

    [Theory, MemberData(nameof(Versions))]
    public void An_order_survives_the_move_to_another_machine(Vda5050Version version)
    {
        var vehicle = At(version, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 3, horizon: 1));
        vehicle.MoveTo(1, 0);
        vehicle.Do("startPause");
        var before = vehicle.State;
        vehicle.MoveToOtherMachine().Connect();

        foreach (var field in new[] { "orderId", "orderUpdateId", "lastNodeId", "lastNodeSequenceId", "nodeStates", "edgeStates", "actionStates", "paused" })
            Assert.Equal(before[field]!.ToJsonString(), vehicle.State[field]!.ToJsonString());
        vehicle.MoveTo(1, 0).MoveTo(2, 0);
        AssertProgress(vehicle, "n2", 4, ["n3"], ["e3"]);
        vehicle.Send("order", Orders.Straight(version, 2, 2, updateId: 1));
        AssertProgress(vehicle, "n2", 4, ["n3"], ["e3"]);
        Assert.Equal("RUNNING", vehicle.StatusOf("b3"));
    }

    [Fact]
    public void What_is_no_checkpoint_is_not_taken()
    {
        var old = new Vda5050Vehicle(new Vda5050Options { Manufacturer = "A", SerialNumber = "1" }).Save();
        var next = new Vda5050Vehicle(new Vda5050Options { Version = Vda5050Version.V30, Manufacturer = "A", SerialNumber = "1" });

        Assert.False(next.Restore(old));
        Assert.False(next.Restore("{}"u8));
        Assert.False(next.Restore("null"u8));
        Assert.False(next.Restore([]));
    }

    private static DrivenVehicle At(Vda5050Version version, double x) => new DrivenVehicle(version).Connect().MoveTo(x, 0);

    private static void AssertProgress(DrivenVehicle vehicle, string lastNode, int lastSequence, string[] nodes, string[] edges)
    {
        Assert.Equal((lastNode, lastSequence), (vehicle.State["lastNodeId"]!.GetValue<string>(), vehicle.State["lastNodeSequenceId"]!.GetValue<int>()));
        Assert.Equal(nodes, vehicle.Strings("nodeStates", "nodeId"));
        Assert.Equal(edges, vehicle.Strings("edgeStates", "edgeId"));
    }

    private static void AssertRejected(DrivenVehicle vehicle, string error, string orderId, int updateId)
    {
        Assert.Equal([error], vehicle.Errors);
        var references = vehicle.State["errors"]![0]!["errorReferences"]!.AsArray().ToDictionary(
            reference => reference!["referenceKey"]!.GetValue<string>(), reference => reference!["referenceValue"]!.GetValue<string>());
        Assert.Equal(orderId, references["orderId"]);
        Assert.Equal($"{updateId}", references["orderUpdateId"]);
    }
}
