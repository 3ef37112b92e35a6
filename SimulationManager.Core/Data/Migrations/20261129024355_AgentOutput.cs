using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class AgentOutput : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "output",
                table: "simulation_steps",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "output",
                table: "simulation_groups",
                type: "jsonb",
                nullable: true);

            migrationBuilder.AlterColumn<string>(
                name: "endpoint",
                table: "mec_sites",
                type: "character varying(2000)",
                maxLength: 2000,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "character varying(255)",
                oldMaxLength: 255);

            // Until now an endpoint was a text that nobody used; as an address it would fail every run.
            migrationBuilder.Sql(
                """
                UPDATE mec_sites SET description = left(trim(description || ' (' || endpoint || ')'), 255), endpoint = ''
                WHERE endpoint <> '' AND endpoint !~ '^(none|mqtts?://)'
                """);

            migrationBuilder.AddColumn<string>(
                name: "endpoints",
                table: "execution_parts",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'[]'");

            migrationBuilder.AddColumn<string>(
                name: "endpoints",
                table: "execution_instances",
                type: "jsonb",
                nullable: false,
                defaultValueSql: "'[]'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "output",
                table: "simulation_steps");

            migrationBuilder.DropColumn(
                name: "output",
                table: "simulation_groups");

            migrationBuilder.DropColumn(
                name: "endpoints",
                table: "execution_parts");

            migrationBuilder.DropColumn(
                name: "endpoints",
                table: "execution_instances");

            migrationBuilder.AlterColumn<string>(
                name: "endpoint",
                table: "mec_sites",
                type: "character varying(255)",
                maxLength: 255,
                nullable: false,
                oldClrType: typeof(string),
                oldType: "character varying(2000)",
                oldMaxLength: 2000);
        }
    }
}
