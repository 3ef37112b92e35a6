using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace SimulationManager.Core.Data.Migrations
{
    /// <inheritdoc />
    public partial class InstanceRunState : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<long>(
                name: "cohort_id",
                table: "instances",
                type: "bigint",
                nullable: true);

            migrationBuilder.AddColumn<Guid>(
                name: "coordinator",
                table: "instances",
                type: "uuid",
                nullable: true);

            migrationBuilder.AddColumn<DateTimeOffset>(
                name: "started_at",
                table: "instances",
                type: "timestamp with time zone",
                nullable: true);

            migrationBuilder.AddColumn<long>(
                name: "state_version",
                table: "instances",
                type: "bigint",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<bool>(
                name: "stop_requested",
                table: "instances",
                type: "boolean",
                nullable: false,
                defaultValue: false);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "cohort_id",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "coordinator",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "started_at",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "state_version",
                table: "instances");

            migrationBuilder.DropColumn(
                name: "stop_requested",
                table: "instances");
        }
    }
}
