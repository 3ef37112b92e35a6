using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using SimulationManager.Generation;
using SimulationManager.Tests.Api;
using SimulationManager.Tests.Rosbag2;
using SimulationManager.Tests.Worker;

namespace SimulationManager.Tests.Console;

/// <summary>The map of a run, with a connection that tells what the test says.</summary>
[Collection(ConsoleBrowser.Collection)]
public class FleetMapTests(ApiFixture fixture, ConsoleBrowser browser)
{
    private const int HeaderLength = 4;
    private const uint Channel = 7;

    /// <summary>Stands for WebSocket in the map's worker, where Playwright routes none: keeps what is sent, and receives what the test says.</summary>
    private const string Socket =
        """
        self.sockets = [];
        self.WebSocket = class {
          sent = [];
          constructor() { sockets.push(this); }
          send(text) { this.sent.push(JSON.parse(text)); }
          receive(base64) { this.onmessage({ data: Uint8Array.from(atob(base64), one => one.charCodeAt(0)).buffer }); }
          close() { }
        };

        """;

    [Fact]
    public async Task Agents_of_the_fleets_channel_are_drawn_and_followed_when_clicked_or_by_keys()
    {
        await using var visitor = await OpenAsync();
        var worker = await AdvertiseAsync(visitor.Page, sockets: 1, "/fleet/transforms");
        Assert.Equal(Channel, await worker.EvaluateAsync<uint>("() => sockets[0].sent[0].subscriptions[0].channelId"));
        await ReceiveAsync(worker, socket: 0, [("robot_001/base_link", 5, 5), ("robot_002/base_link", -5, 0), ("robot_003/base_link", 0, 2.5), ("robot_004/base_link", double.NaN, 0)]);
        var map = visitor.Page.Locator(".card", new() { Has = visitor.Page.Locator("canvas") });
        var followed = map.Locator(".map-tools .status");

        await Assertions.Expect(map.GetByRole(AriaRole.Status)).ToHaveTextAsync("4 agents");
        await ExpectColourAsync(visitor.Page, "primary", "the agent in the middle", onlyMiddle: true);
        await map.Locator("canvas").ClickAsync();
        await Assertions.Expect(followed).ToHaveTextAsync("robot_003");
        await ExpectColourAsync(visitor.Page, "error", "the agent that is followed", onlyMiddle: true);
        await map.Locator("canvas").PressAsync("p");
        await Assertions.Expect(followed).ToHaveTextAsync("robot_002");
        await map.Locator("canvas").PressAsync("Escape");

        await Assertions.Expect(followed).ToHaveCountAsync(0);
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task The_map_is_drawn_while_the_page_is_busy()
    {
        await using var visitor = await OpenAsync();
        var worker = await AdvertiseAsync(visitor.Page, sockets: 1, "/fleet/transforms");
        var messages = Enumerable.Range(0, 10).Select(step => Convert.ToBase64String(MessageOf(Channel, [("robot_001/base_link", step, 0)], seconds: step))).ToArray();
        await worker.EvaluateAsync<object?>(
            """
            messages => {
              self.drawn = [];
              new PerformanceObserver(list => { for (const mark of list.getEntries()) drawn.push(performance.timeOrigin + mark.startTime); }).observe({ entryTypes: ['mark'] });
              let next = 0;
              setInterval(() => sockets[0].receive(messages[next++ % messages.length]), 50);
            }
            """, messages);
        await Assertions.Expect(visitor.Page.Locator(".map-tools").GetByRole(AriaRole.Status)).ToHaveTextAsync("1 agents");

        await Wait.UntilAsync(async () =>
        {
            var busy = await visitor.Page.EvaluateAsync<double[]>("() => { const from = Date.now(); while (Date.now() < from + 2000); return [from, Date.now()]; }");
            return await worker.EvaluateAsync<int>("([from, to]) => drawn.filter(at => at > from + 200 && at < to).length", busy) > 1;
        }, ConsoleVisitor.Limit, "frames to be drawn while the page is busy");
    }

    [Fact]
    public async Task A_map_whose_connection_is_lost_says_so_and_connects_again()
    {
        await using var visitor = await OpenAsync();
        var worker = await AdvertiseAsync(visitor.Page, sockets: 1, "/fleet/transforms");
        await ReceiveAsync(worker, socket: 0, [("robot_001/base_link", 5, 5)]);
        var note = visitor.Page.Locator(".map-note");
        await Assertions.Expect(note).ToHaveCountAsync(0);

        // The second connection is that of the first agent's own topics.
        await worker.EvaluateAsync<object?>("() => sockets[0].onclose()");
        await Assertions.Expect(note).ToContainTextAsync("The connection was lost");
        await AdvertiseAsync(visitor.Page, sockets: 3, "/fleet/transforms");
        await ReceiveAsync(worker, socket: 2, [("robot_001/base_link", 5, 5), ("robot_002/base_link", 0, 0)]);

        await Assertions.Expect(visitor.Page.Locator(".map-tools").GetByRole(AriaRole.Status)).ToHaveTextAsync("2 agents");
        await Assertions.Expect(note).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task A_browser_that_cannot_draw_the_map_says_what_it_takes()
    {
        await using var visitor = await OpenAsync("delete HTMLCanvasElement.prototype.transferControlToOffscreen");

        await Assertions.Expect(visitor.Page.Locator(".map-note")).ToContainTextAsync("The map could not be started");
    }

    [Fact]
    public async Task A_run_that_ends_before_its_map_is_loaded_goes_on_being_shown()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client));
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var answered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await page.RouteAsync("**/fleet-map.js", async route =>
        {
            await released.Task;
            await route.ContinueAsync();
            answered.SetResult();
        });
        await visitor.ResumeSessionAsync();
        await page.GotoAsync($"/simulations/{simulation}/executions/{execution}");
        await page.Locator("canvas").WaitForAsync();

        (await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(System.Net.HttpStatusCode.OK);
        await Assertions.Expect(page.Locator("canvas")).ToHaveCountAsync(0);
        released.SetResult();
        await answered.Task;
        await page.EvaluateAsync("import('./fleet-map.js')");

        await Assertions.Expect(page.Locator(".page-lead .status")).ToHaveTextAsync("Stopped");
        await Assertions.Expect(page.GetByText("This page has met an error")).ToHaveCountAsync(0);
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task Agents_of_a_run_are_there_for_who_has_signed_in_with_their_map_and_the_scan_of_the_followed_one()
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        using var folder = new TempFolder();
        RobotRecording.Write(folder["robot"], new RobotRecordingOptions { Duration = TimeSpan.FromSeconds(60), HasMap = true });
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client, folder["robot"], Plans.NewName()));
        await using var visitor = await browser.VisitAsync(api);
        await visitor.ResumeSessionAsync();

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
        Assert.NotEmpty(visitor.Page.Workers);
        await visitor.OpenAsync("/templates");
        await Wait.UntilAsync(() => visitor.Page.Workers.Count == 0, ConsoleVisitor.Limit, "the map's worker to end with its page");
        Assert.Empty(visitor.Violations);
        (await client.PostAsync($"/api/simulation/{simulation}/execution/{execution}/stop")).Expect(System.Net.HttpStatusCode.OK);
    }

    [Fact]
    public async Task A_run_whose_agents_tell_no_position_says_so()
    {
        await using var visitor = await OpenAsync();
        await AdvertiseAsync(visitor.Page, sockets: 1, "/fleet/states");

        await Assertions.Expect(visitor.Page.Locator(".map-note")).ToContainTextAsync("No agent tells its position");
    }

    /// <summary>Waits until there is a pixel of a theme's colour on the map, or in its middle.</summary>
    private static async Task ExpectColourAsync(IPage page, string colour, string what, bool onlyMiddle = false) =>
        Assert.True(await page.EvaluateAsync<bool>(
            """
            async ([colour, onlyMiddle]) => {
              const canvas = document.querySelector('canvas');
              const copy = document.createElement('canvas');
              const wanted = getComputedStyle(document.documentElement).getPropertyValue(`--mud-palette-${colour}`).match(/\d+/g).slice(0, 3).map(Number);
              for (let tries = 0; tries < 600; tries++) {
                await new Promise(resolve => setTimeout(resolve, 100));
                [copy.width, copy.height] = [canvas.width, canvas.height];
                const context = copy.getContext('2d', { willReadFrequently: true });
                context.drawImage(canvas, 0, 0);
                const { data } = onlyMiddle ? context.getImageData(copy.width / 2, copy.height / 2, 1, 1) : context.getImageData(0, 0, copy.width, copy.height);
                for (let at = 0; at < data.length; at += 4) {
                  if (data[at + 3] > 100 && wanted.every((value, index) => Math.abs(value - data[at + index]) < 8)) return true;
                }
              }
              return false;
            }
            """, new object[] { colour, onlyMiddle }), $"{what} is not drawn");

    /// <summary>Opens a run's page, with connections of the map that the test serves.</summary>
    private async Task<ConsoleVisitor> OpenAsync(string? script = null)
    {
        var api = await fixture.ApiAsync();
        using var client = await fixture.AdminAsync();
        var (simulation, execution) = await LoopingPlan.StartAsync(client, await TestBundle.UploadAsync(client));
        var visitor = await browser.VisitAsync(api);
        if (script is not null) await visitor.Page.AddInitScriptAsync(script);
        await visitor.Page.RouteAsync("**/fleet-worker.js", async route =>
        {
            var worker = await route.FetchAsync();
            await route.FulfillAsync(new RouteFulfillOptions { ContentType = "text/javascript", Body = Socket + await worker.TextAsync() });
        });
        await visitor.ResumeSessionAsync();
        await visitor.Page.GotoAsync($"/simulations/{simulation}/executions/{execution}");
        return visitor;
    }

    /// <summary>Waits for so many connections of the map's worker, and advertises one channel of that name on the last one.</summary>
    private static async Task<IWorker> AdvertiseAsync(IPage page, int sockets, string topic)
    {
        await Wait.UntilAsync(async () => page.Workers is [var worker] && await worker.EvaluateAsync<bool>("count => self.sockets?.length >= count && !!sockets[count - 1].onmessage", sockets), ConsoleVisitor.Limit, "the map to connect");
        var worker = page.Workers.Single();
        await worker.EvaluateAsync<object?>("text => sockets.at(-1).onmessage({ data: text })", JsonSerializer.Serialize(new
        {
            op = "advertise",
            channels = new[] { new { id = Channel, topic, encoding = "cdr", schemaName = "foxglove_msgs/msg/FrameTransforms", schema = "", schemaEncoding = "ros2msg" } },
        }));
        return worker;
    }

    private static async Task ReceiveAsync(IWorker worker, int socket, (string Frame, double X, double Y)[] agents) =>
        await worker.EvaluateAsync<object?>("([socket, message]) => sockets[socket].receive(message)", new object[] { socket, Convert.ToBase64String(MessageOf(Channel, agents)) });

    /// <summary>A message of the channel in Foxglove's frame: CDR, little endian.</summary>
    private static byte[] MessageOf(uint subscription, (string Frame, double X, double Y)[] agents, int seconds = 0)
    {
        using var cdr = new MemoryStream();
        using var writer = new BinaryWriter(cdr);
        writer.Write([0, 1, 0, 0]);
        writer.Write((uint)agents.Length);
        foreach (var (frame, x, y) in agents)
        {
            Align(4);
            writer.Write(seconds);
            writer.Write(0u);
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
