using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

public class InstantActionTests
{
    public static TheoryData<Vda5050Version> Versions => DrivenVehicle.Versions;

    [Theory, MemberData(nameof(Versions))]
    public void Pause_stops_the_agent_until_it_is_ended(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0).Drive(1);

        Assert.Equal(VehicleCommand.Pause, vehicle.Do("startPause", "p"));
        Assert.Equal((true, false, 0.0), (IsTrue(vehicle, "paused"), IsTrue(vehicle, "driving"), vehicle.State["velocity"]!["vx"]!.GetValue<double>()));
        Assert.Equal("FINISHED", vehicle.StatusOf("p"));
        Assert.Equal(VehicleCommand.None, vehicle.Do("startPause", "p2"));

        Assert.Equal(VehicleCommand.Resume, vehicle.Do("stopPause", "r"));
        Assert.False(IsTrue(vehicle, "paused"));
        Assert.True(IsTrue(vehicle.Drive(1), "driving"));
        Assert.Equal(VehicleCommand.None, vehicle.Do("stopPause", "r2"));
    }

    [Theory, MemberData(nameof(Versions))]
    public void Cancelling_ends_the_order_and_fails_what_was_not_done(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0);
        vehicle.Send("order", Orders.Straight(version, 0, 2, horizon: 1));
        vehicle.Do("cancelOrder", "c");

        Assert.Empty(vehicle.Strings("nodeStates", "nodeId"));
        Assert.Empty(vehicle.Strings("edgeStates", "edgeId"));
        Assert.Equal(("FINISHED", "FAILED", "FAILED", "FAILED", "FINISHED"),
            (vehicle.StatusOf("a0"), vehicle.StatusOf("b1"), vehicle.StatusOf("a1"), vehicle.StatusOf("a2"), vehicle.StatusOf("c")));
        Assert.Equal(("o1", "n0"), (vehicle.State["orderId"]!.GetValue<string>(), vehicle.State["lastNodeId"]!.GetValue<string>()));
        Assert.Empty(vehicle.Errors);

        vehicle.Send("order", Orders.Straight(version, 0, 2, id: "o2"));
        Assert.Equal(["n1"], vehicle.Strings("nodeStates", "nodeId"));
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "noOrderToCancel")]
    [InlineData(Vda5050Version.V30, "NO_ORDER_TO_CANCEL")]
    public void Without_an_order_cancelling_fails(Vda5050Version version, string error)
    {
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0);
        vehicle.Do("cancelOrder", "c");
        AssertFailed(vehicle, "c", error);

        vehicle.Send("order", Orders.Straight(version, 0, 2));
        Assert.Empty(vehicle.Errors);
        vehicle.MoveTo(1, 0);
        vehicle.Do("cancelOrder", "c2");
        AssertFailed(vehicle, "c2", error);
    }

    [Fact]
    public void Since_3_0_the_order_to_cancel_can_be_named()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30).Connect().MoveTo(0, 0);
        vehicle.Send("order", Orders.Straight(Vda5050Version.V30, 0, 2));
        vehicle.Do("cancelOrder", "c", [new JsonObject { ["key"] = "orderId", ["value"] = "o9" }]);
        AssertFailed(vehicle, "c", "NO_ORDER_TO_CANCEL");
        Assert.Equal(["n1"], vehicle.Strings("nodeStates", "nodeId"));

        vehicle.Do("cancelOrder", "c2", [new JsonObject { ["key"] = "orderId", ["value"] = "o1" }]);
        Assert.Equal("FINISHED", vehicle.StatusOf("c2"));
        Assert.Empty(vehicle.Strings("nodeStates", "nodeId"));

        vehicle.Send("order", Orders.Straight(Vda5050Version.V30, 0, 2, updateId: 1));
        Assert.Contains("ORDER_UPDATE_FOLLOWING_CANCEL", vehicle.Errors);
    }

    [Theory, MemberData(nameof(Versions))]
    public void State_and_factsheet_are_sent_when_asked_for(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect();
        vehicle.Do("stateRequest", "s");
        Assert.Equal((2, 1, "FINISHED"), (vehicle.Count("state"), vehicle.Count("factsheet"), vehicle.StatusOf("s")));

        vehicle.Do("factsheetRequest", "f");
        Assert.Equal((3, 2, "FINISHED"), (vehicle.Count("state"), vehicle.Count("factsheet"), vehicle.StatusOf("f")));
    }

    [Theory]
    [InlineData(Vda5050Version.V21, "instantActionError")]
    [InlineData(Vda5050Version.V30, "INVALID_INSTANT_ACTION")]
    public void Unknown_actions_fail_until_a_known_one_comes(Vda5050Version version, string error)
    {
        var vehicle = new DrivenVehicle(version).Connect();
        vehicle.Do("initPosition", "x");
        AssertFailed(vehicle, "x", error);

        vehicle.Do("stateRequest", "s");
        Assert.Empty(vehicle.Errors);
        Assert.Equal("FAILED", vehicle.StatusOf("x"));
    }

    [Fact]
    public void In_2_1_a_new_order_ends_the_list_of_instant_actions()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21).Connect().MoveTo(0, 0);
        vehicle.Do("stateRequest", "s");
        vehicle.Send("order", Orders.Straight(Vda5050Version.V21, 0, 2));

        Assert.Equal(["a0", "b1", "a1"], vehicle.Strings("actionStates", "actionId"));
    }

    [Fact]
    public void Since_3_0_the_list_of_instant_actions_stays_until_it_is_cleared()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30).Connect().MoveTo(0, 0);
        vehicle.Do("stateRequest", "s");
        vehicle.Send("order", Orders.Straight(Vda5050Version.V30, 0, 2));
        Assert.Equal(["s"], vehicle.Strings("instantActionStates", "actionId"));

        vehicle.Do("clearInstantActions", "c");
        Assert.Equal(["c"], vehicle.Strings("instantActionStates", "actionId"));
        Assert.Equal("FAILED", new DrivenVehicle(Vda5050Version.V21).Connect() is var old && old.Do("clearInstantActions", "c") == VehicleCommand.None ? old.StatusOf("c") : null);
    }

    [Theory, MemberData(nameof(Versions))]
    public void The_list_of_instant_actions_is_bounded(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect();
        for (var i = 0; i < 150; i++) vehicle.Do("stateRequest", $"s{i}");

        var listed = vehicle.Strings(version == Vda5050Version.V21 ? "actionStates" : "instantActionStates", "actionId");
        Assert.Equal(Enumerable.Range(50, 100).Select(i => $"s{i}"), listed);
        Assert.Equal(version == Vda5050Version.V21 ? [] : ["INSTANT_ACTION_STATES_FULL"], vehicle.Errors);
    }

    private static bool IsTrue(DrivenVehicle vehicle, string field) => vehicle.State[field]!.GetValue<bool>();

    private static void AssertFailed(DrivenVehicle vehicle, string actionId, string error)
    {
        Assert.Equal("FAILED", vehicle.StatusOf(actionId));
        Assert.Equal([error], vehicle.Errors);
        var reference = Assert.Single(vehicle.State["errors"]![0]!["errorReferences"]!.AsArray())!;
        Assert.Equal(("actionId", actionId), (reference["referenceKey"]!.GetValue<string>(), reference["referenceValue"]!.GetValue<string>()));
    }
}
