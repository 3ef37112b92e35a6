using System.Text.Json.Nodes;
using SimulationManager.Replay.Vda5050;

namespace SimulationManager.Tests.Replay.Vda5050;

public class ConnectionTests
{
    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void A_vehicle_that_connects_says_that_it_is_online_what_it_is_and_how_it_is(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect();

        Assert.Equal(["connection", "factsheet", "state"], vehicle.Published.Select(published => published.Topic));
        Assert.Equal("ONLINE", vehicle.Last("connection")["connectionState"]!.GetValue<string>());
        Assert.Equal("", vehicle.State["orderId"]!.GetValue<string>());
        Assert.Equal(version == Vda5050Version.V21 ? "2.1.0" : "3.0.0", vehicle.State["version"]!.GetValue<string>());
    }

    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void The_last_will_is_what_follows_ONLINE(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version);
        var will = vehicle.Vehicle.LastWill(vehicle.Now);
        vehicle.Connect();

        var json = JsonNode.Parse(will.Payload.Span)!;
        PublishedSchemas.AssertValid(version, "connection", json);
        Assert.Equal(version == Vda5050Version.V21 ? "uagv/v2/Acme/r-1/connection" : "vda5050/v3/Acme/r-1/connection", will.Topic);
        Assert.Equal((1, true), (will.QualityOfService, will.Retain));
        Assert.Equal(version == Vda5050Version.V21 ? "CONNECTIONBROKEN" : "CONNECTION_BROKEN", json["connectionState"]!.GetValue<string>());
        Assert.Equal(vehicle.Last("connection")["headerId"]!.GetValue<uint>() + 1, json["headerId"]!.GetValue<uint>());
    }

    [Fact]
    public void A_connection_that_was_lost_leaves_room_for_its_last_will()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21).Connect();
        var output = new List<VehicleMessage>();
        var will = JsonNode.Parse(vehicle.Vehicle.LastWill(vehicle.Now).Payload.Span)!;
        vehicle.Vehicle.Connected(vehicle.Now, output);

        Assert.Equal(2, JsonNode.Parse(output[0].Payload.Span)!["headerId"]!.GetValue<int>());
        Assert.Equal(3, will["headerId"]!.GetValue<int>());
    }

    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void A_vehicle_that_disconnects_says_so_and_then_nothing(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect().MoveTo(0, 0).Disconnect();
        var count = vehicle.Published.Count;

        Assert.Equal("OFFLINE", vehicle.Last("connection")["connectionState"]!.GetValue<string>());
        vehicle.MoveTo(1, 0).Disconnect().Wait(100);
        Assert.Equal(count, vehicle.Published.Count);
        Assert.Equal(DateTimeOffset.MaxValue, vehicle.Vehicle.NextDue);
    }

    [Theory, MemberData(nameof(DrivenVehicle.Versions), MemberType = typeof(DrivenVehicle))]
    public void What_happens_while_it_is_not_connected_is_told_when_it_is(Vda5050Version version)
    {
        var vehicle = new DrivenVehicle(version).Connect().Disconnect().MoveTo(3, 4).Wait(5).Connect();

        Assert.Equal(3, vehicle.State[version == Vda5050Version.V21 ? "agvPosition" : "mobileRobotPosition"]!["x"]!.GetValue<double>());
        Assert.Equal(1, vehicle.Count("visualization"));
    }

    [Theory]
    [InlineData(1, 61)]
    [InlineData(30, 3)]
    public void States_come_at_least_once_per_interval(double seconds, int expected)
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30, options => options with { StateInterval = TimeSpan.FromSeconds(seconds) }).Connect().Wait(60);

        Assert.Equal(expected, vehicle.Count("state"));
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0.5, 6)]
    [InlineData(10, 101)]
    public void Visualizations_come_at_their_rate_once_there_is_a_pose(double rate, int expected)
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21, options => options with { VisualizationRate = rate }).Connect().Wait(10);
        Assert.Equal(0, vehicle.Count("visualization"));

        vehicle.MoveTo(1, 1).Wait(10);
        Assert.Equal(expected, vehicle.Count("visualization"));
    }

    [Fact]
    public void Events_within_the_shortest_interval_share_a_state()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V30, options => options with { MinStateInterval = TimeSpan.FromSeconds(1) }).Connect().MoveTo(0, 0);
        vehicle.Do("startPause");
        vehicle.Do("unheardOf", "i2");
        Assert.Equal(1, vehicle.Count("state"));

        vehicle.Wait(1);
        Assert.Equal(2, vehicle.Count("state"));
        Assert.Equal(("FINISHED", "FAILED"), (vehicle.StatusOf("i1"), vehicle.StatusOf("i2")));
    }

    [Fact]
    public void A_clock_that_is_set_back_does_not_silence_the_vehicle()
    {
        var vehicle = new DrivenVehicle(Vda5050Version.V21).Connect().MoveTo(0, 0).SetClockBack(3600);
        var (states, visualizations) = (vehicle.Count("state"), vehicle.Count("visualization"));
        vehicle.MoveTo(0.1, 0);

        Assert.Equal((states + 1, visualizations + 1), (vehicle.Count("state"), vehicle.Count("visualization")));
    }

    [Fact]
    public void The_factsheet_tells_the_type_and_the_limits()
    {
        var type = new VehicleType { Kinematics = VehicleKinematics.ThreeWheel, Class = VehicleClass.Tugger, MaxSpeed = 3, OrderActions = ["hook"] };
        var old = new DrivenVehicle(Vda5050Version.V21, options => options with { Type = type }).Connect().Last("factsheet");
        var next = new DrivenVehicle(Vda5050Version.V30, options => options with { Type = type }).Connect().Last("factsheet");

        Assert.Equal("THREEWHEEL", old["typeSpecification"]!["agvKinematic"]!.GetValue<string>());
        Assert.Equal("THREE_WHEEL", next["typeSpecification"]!["mobileRobotKinematics"]!.GetValue<string>());
        Assert.Equal("TUGGER", next["typeSpecification"]!["mobileRobotClass"]!.GetValue<string>());
        Assert.Equal(3, old["physicalParameters"]!["speedMax"]!.GetValue<double>());
        Assert.Equal(
            ["startPause", "stopPause", "cancelOrder", "stateRequest", "factsheetRequest", "clearInstantActions", "hook"],
            next["protocolFeatures"]!["mobileRobotActions"]!.AsArray().Select(action => action!["actionType"]!.GetValue<string>()));
    }

    public static TheoryData<string, Func<Vda5050Options, Vda5050Options>> Unfit => new()
    {
        { "The interface", options => options with { InterfaceName = "a/b" } },
        { "The manufacturer", options => options with { Manufacturer = "" } },
        { "The manufacturer", options => options with { Manufacturer = "A#" } },
        { "The serial", options => options with { SerialNumber = "r 1" } },
        { "The serial", options => options with { SerialNumber = new string('r', 129) } },
        { "The map", options => options with { MapId = "" } },
        { "The transform", options => options with { Transform = new MapTransform(double.NaN, 0, 0) } },
        { "The visualization", options => options with { VisualizationRate = 101 } },
        { "The state", options => options with { StateInterval = TimeSpan.FromSeconds(31) } },
        { "The shortest", options => options with { MinStateInterval = TimeSpan.FromSeconds(-1) } },
        { "The deviation", options => options with { NodeDeviation = 0 } },
        { "The default charge", options => options with { DefaultCharge = double.NaN } },
        { "Measures", options => options with { Type = new VehicleType { Width = -1 } } },
        { "Types of actions", options => options with { Type = new VehicleType { OrderActions = [""] } } },
        { "The version", options => options with { Version = (Vda5050Version)9 } },
    };

    [Theory, MemberData(nameof(Unfit))]
    public void Options_that_cannot_be_used_are_refused(string problem, Func<Vda5050Options, Vda5050Options> change) =>
        Assert.StartsWith(problem, Assert.Throws<ArgumentException>(() => new DrivenVehicle(Vda5050Version.V21, change)).Message, StringComparison.Ordinal);
}
