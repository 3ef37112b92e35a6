using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SimulationManager.Generation;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Rosbag2;

namespace SimulationManager.Tests.Console;

/// <summary>The map of a run, with a connection that tells what the test says.</summary>
[Collection(ConsoleBrowser.Collection)]
public class FleetMapTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private const int HeaderLength = 4;

    [Fact]
    public async Task Agents_of_the_fleets_channel_are_drawn_and_followed_when_clicked()
    {
        await using var visitor = await OpenAsync(live => live.OnMessage(frame =>
        {
            using var operation = JsonDocument.Parse(frame.Text!);
            if (operation.RootElement.GetProperty("op").GetString() != "subscribe") return;
            var subscription = operation.RootElement.GetProperty("subscriptions")[0];
            Assert.Equal(7, subscription.GetProperty("channelId").GetInt32());
            live.Send(MessageOf(subscription.GetProperty("id").GetUInt32(), [("robot_001/base_link", 5, 5), ("robot_002/base_link", -5, 0), ("robot_003/base_link", 0, 2.5)]));
        }), "/fleet/transforms");
        var map = visitor.Page.Locator(".card", new() { Has = visitor.Page.Locator("canvas") });

        await Assertions.Expect(map.GetByRole(AriaRole.Status)).ToHaveTextAsync("3 agents");
        var isDrawn = await visitor.Page.EvaluateAsync<bool>(
            """
            async () => {
              const canvas = document.querySelector('canvas');
              const wanted = getComputedStyle(document.documentElement).getPropertyValue('--mud-palette-primary').match(/\d+/g).slice(0, 3).map(Number);
              for (let tries = 0; tries < 100; tries++) {
                await new Promise(requestAnimationFrame);
                const at = canvas.getContext('2d').getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data;
                if (wanted.every((value, index) => Math.abs(value - at[index]) < 3)) return true;
              }
              return false;
            }
            """);
        await map.Locator("canvas").ClickAsync();

        Assert.True(isDrawn, "the agent in the middle is not drawn");
        await Assertions.Expect(map.Locator(".map-tools .status")).ToHaveTextAsync("robot_003");
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task Agents_of_a_run_are_there_for_who_has_signed_in_with_their_map_and_the_scan_of_the_followed_one()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60), HasMap = true });
        var simulation = await LoopingPlan.CreateAsync(client, await TestBundle.UploadAsync(client, folder["robot"], Plans.NewName()));
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Data["executionId"]!;
        await using var visitor = await browser.VisitAsync(api);
        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.HeadingAsync("Overview");

        await visitor.Page.GotoAsync($"/simulations/{simulation}/executions/{execution}");

        await Assertions.Expect(visitor.Page.Locator(".map-tools").GetByRole(AriaRole.Status)).ToHaveTextAsync("3 agents");
        await Assertions.Expect(visitor.Page.Locator(".map-note")).ToHaveCountAsync(0);
        await ExpectColourAsync(visitor.Page, "text-primary", "a wall of the map");
        await visitor.Page.Locator("#follow").FillAsync("2");
        await visitor.Page.Locator("#follow").PressAsync("Enter");
        await Assertions.Expect(visitor.Page.Locator(".map-tools .status")).ToHaveTextAsync(new Regex("_0*2$"));
        await ExpectColourAsync(visitor.Page, "warning", "a point of the scan");
        await visitor.Page.Locator("#follow").FillAsync("nobody");
        await visitor.Page.Locator("#follow").PressAsync("Enter");
        await Assertions.Expect(visitor.Page.Locator("#follow-note")).ToHaveTextAsync("No such agent on the map");
        Assert.Empty(visitor.Violations);
        (await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_run_whose_agents_tell_no_position_says_so()
    {
        await using var visitor = await OpenAsync(_ => { }, "/fleet/states");

        await Assertions.Expect(visitor.Page.Locator(".map-note")).ToContainTextAsync("No agent tells its position");
    }

    /// <summary>Waits until there is a pixel of a theme's colour on the map.</summary>
    private static async Task ExpectColourAsync(IPage page, string colour, string what) =>
        Assert.True(await page.EvaluateAsync<bool>(
            """
            async colour => {
              const canvas = document.querySelector('canvas');
              const wanted = getComputedStyle(document.documentElement).getPropertyValue(`--mud-palette-${colour}`).match(/\d+/g).slice(0, 3).map(Number);
              for (let tries = 0; tries < 600; tries++) {
                await new Promise(resolve => setTimeout(resolve, 100));
                const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
                for (let at = 0; at < data.length; at += 4) {
                  if (data[at + 3] > 100 && wanted.every((value, index) => Math.abs(value - data[at + index]) < 8)) return true;
                }
              }
              return false;
            }
            """, colour), $"{what} is not drawn");

    /// <summary>Opens a run's page, with one channel of that name.</summary>
    private async Task<ConsoleVisitor> OpenAsync(Action<IWebSocketRoute> serve, string topic)
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var simulation = await LoopingPlan.CreateAsync(client, await TestBundle.UploadAsync(client));
        var execution = (long)(await client.PostAsync($"/api/simulation/{simulation}/start")).Data["executionId"]!;
        var visitor = await browser.VisitAsync(api);
        await visitor.Page.RouteWebSocketAsync(url => url.Contains("/live?", StringComparison.Ordinal), live =>
        {
            serve(live);
            live.Send(JsonSerializer.Serialize(new
            {
                op = "advertise",
                channels = new[] { new { id = 7, topic, encoding = "cdr", schemaName = "foxglove_msgs/msg/FrameTransforms", schema = "", schemaEncoding = "ros2msg" } },
            }));
        });
        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.HeadingAsync("Overview");
        await visitor.Page.GotoAsync($"/simulations/{simulation}/executions/{execution}");
        return visitor;
    }

    /// <summary>A message of the channel in Foxglove's frame: CDR, little endian.</summary>
    private static byte[] MessageOf(uint subscription, (string Frame, double X, double Y)[] agents)
    {
        using var cdr = new MemoryStream();
        using var writer = new BinaryWriter(cdr);
        writer.Write([0, 1, 0, 0]);
        writer.Write((uint)agents.Length);
        foreach (var (frame, x, y) in agents)
        {
            Align(4);
            writer.Write([0, 0, 0, 0, 0, 0, 0, 0]);
            WriteText("map");
            WriteText(frame);
            Align(8);
            foreach (var number in (double[])[x, y, 0, 0, 0, 0, 1]) writer.Write(number);
        }

        var header = new byte[1 + sizeof(uint) + sizeof(ulong)];
        header[0] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(1), subscription);
        return [.. header, .. cdr.ToArray()];

        void Align(int size)
        {
            while ((cdr.Position - HeaderLength) % size != 0) writer.Write((byte)0);
        }

        void WriteText(string text)
        {
            Align(4);
            writer.Write((uint)text.Length + 1);
            writer.Write(Encoding.ASCII.GetBytes(text + "\0"));
        }
    }
}
