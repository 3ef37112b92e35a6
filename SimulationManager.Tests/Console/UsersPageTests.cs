using Microsoft.Playwright;
using SimulationManager.Tests.Api;

namespace SimulationManager.Tests.Console;

/// <summary>The accounts, for admins and for others.</summary>
[Collection(ConsoleBrowser.Collection)]
public class UsersPageTests(ApiFixture fixture, ConsoleBrowser browser)
{
    [Fact]
    public async Task An_admin_changes_a_role_and_deletes_an_account_and_is_refused_where_no_admin_would_be_left()
    {
        // A system of its own: elsewhere other tests make admins.
        var settings = await fixture.NewSystemAsync();
        await using var api = await ApiHost.StartAsync(settings);
        await api.WaitUntilPreparedAsync();
        (await api.Client().SignedInAsync(ApiFixture.AdminEmail, "admin")).Dispose();
        (await api.Client().SignedInAsync("other@tests.example", "general")).Dispose();
        await using var visitor = await browser.VisitAsync(api);
        var page = visitor.Page;
        await visitor.SignInAsync(ApiFixture.AdminEmail);
        await visitor.HeadingAsync("Overview");

        await page.GetByRole(AriaRole.Link, new() { Name = "Users" }).ClickAsync();
        await visitor.HeadingAsync("Users");
        var own = page.GetByLabel($"Role of {ApiFixture.AdminEmail}");
        await own.SelectOptionAsync("general");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The last admin cannot be removed.");
        await Assertions.Expect(own).ToHaveValueAsync("admin");
        await page.GetByLabel("Role of other@tests.example").SelectOptionAsync("admin");
        await Assertions.Expect(page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await page.ReloadAsync();
        await Assertions.Expect(page.GetByLabel("Role of other@tests.example")).ToHaveValueAsync("admin");
        var row = page.GetByRole(AriaRole.Row).Filter(new() { HasText = "other@tests.example" });
        await row.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await row.GetByRole(AriaRole.Group).GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();

        await Assertions.Expect(row).ToHaveCountAsync(0);
        Assert.Empty(visitor.Violations);
    }

    [Fact]
    public async Task Who_is_no_admin_has_no_link_to_the_users_and_is_told_why_the_page_is_empty()
    {
        var api = await fixture.ApiAsync();
        var email = $"operator-{Guid.NewGuid():N}@tests.example";
        (await api.Client().SignedInAsync(email, "general")).Dispose();
        await using var visitor = await browser.VisitAsync(api);
        await visitor.SignInAsync(email);
        await visitor.HeadingAsync("Overview");

        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Link, new() { Name = "Users" })).ToHaveCountAsync(0);
        await visitor.Page.GotoAsync("/users");

        await Assertions.Expect(visitor.Page.GetByRole(AriaRole.Status)).ToHaveTextAsync("Only administrators manage users. Ask one of them to change your role.");
        Assert.Empty(visitor.Violations);
    }
}
