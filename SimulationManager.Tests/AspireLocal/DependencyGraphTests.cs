using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Orchestration;
using Aspire.Hosting.Testing;

namespace SimulationManager.Tests.AspireLocal;

public sealed class DependencyGraphTests
{
    private readonly IDistributedApplicationTestingBuilder _builder = DistributedApplicationTestingBuilder.Create();

    [Fact]
    public void Validate_names_the_circle_when_resources_wait_for_each_other()
    {
        var a = Program("a");
        var b = Program("b").WaitFor(a);
        var c = Program("c").WaitFor(b);
        a.WaitForCompletion(c);

        var error = Assert.Throws<DistributedApplicationException>(() => DependencyGraph.Validate(new(_builder.Resources)));

        Assert.Contains("a → c → b → a", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Validate_refuses_a_wait_for_a_resource_of_another_application()
    {
        var other = DistributedApplicationTestingBuilder.Create().AddRedis("elsewhere");
        Program("a").WaitFor(other);

        var error = Assert.Throws<DistributedApplicationException>(() => DependencyGraph.Validate(new(_builder.Resources)));

        Assert.Contains("'elsewhere'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WaitFor_refuses_to_wait_for_itself()
    {
        var a = Program("a");

        Assert.Throws<DistributedApplicationException>(() => a.WaitFor(a));
    }

    [Fact]
    public void StopOrder_ends_what_needs_others_before_the_others()
    {
        var postgres = _builder.AddPostgres("postgres");
        var database = postgres.AddDatabase("db");
        Program("api").WithReference(database).WaitFor(database);

        var order = DependencyGraph.StopOrder(new(_builder.Resources)).Select(group => string.Join('+', group.Select(resource => resource.Name)));

        Assert.Equal(["api", "db", "postgres"], order);
    }

    [Fact]
    public void StopOrder_copes_with_services_that_refer_to_each_other()
    {
        var a = Program("a").WithHttpEndpoint();
        var b = Program("b").WithHttpEndpoint().WithReference(a.GetEndpoint("http"));
        a.WithReference(b.GetEndpoint("http"));

        var order = DependencyGraph.StopOrder(new(_builder.Resources));

        Assert.Equal(2, order.Sum(group => group.Count));
    }

    private IResourceBuilder<ExecutableResource> Program(string name) => _builder.AddExecutable(name, "true", ".");
}
